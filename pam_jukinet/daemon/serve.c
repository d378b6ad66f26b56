/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "log.h"
#include "requests.h"
#include "state.h"
#include "worker.h"

/* For the first frame; a connection that stays silent holds a place. */
#define FIRST_FRAME_MS 2000

static enum jk_err
greet(struct jk_worker *w, uint8_t ret_nonce[static JK_NONCE_LEN])
{
	const struct jk_settings *s = &w->place.settings;
	const uint64_t style = (s->gregorian ? JK_STYLE_GREGORIAN : 0) |
	                       (s->password ? JK_STYLE_PASSWORD : 0);
	enum jk_err e = jk_random(ret_nonce, JK_NONCE_LEN);

	if (e != JK_OK)
		return e;
	jk_frame_start(w->frame, JK_FRAME_HELLO);
	if ((e = jk_frame_put(w->frame, JK_FIELD_NONCE, ret_nonce,
	         JK_NONCE_LEN)) != JK_OK ||
	    (e = jk_frame_put_u64(w->frame, JK_FIELD_DEADLINE_MS,
	         (uint64_t)s->deadline_ms)) != JK_OK ||
	    (e = jk_frame_put_u64(w->frame, JK_FIELD_STYLE, style)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, w->frame);
}

static enum jk_err
hear(struct jk_worker *w)
{
	uint8_t nonce[JK_NONCE_LEN];
	pid_t sender = 0;
	enum jk_err e;

	if ((e = greet(w, nonce)) != JK_OK ||
	    (e = jk_frame_recv(w->fd, &w->cancel, jk_boot_ms() + FIRST_FRAME_MS,
	         w->frame, &sender)) != JK_OK ||
	    (e = jk_peer_prove(&w->peer, sender, w->frame, nonce)) != JK_OK)
		return e;
	return jk_claim_read(w->frame, &w->claim);
}

/*
 * The kernel stamps a record with the loginuid of who sends it. A process
 * whose own is unset may set it once, without any capability, while it is
 * dumpable.
 */
static enum jk_err
take_loginuid(uint32_t loginuid)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", loginuid);
	bool ok;
	int fd;

	if (loginuid == JK_LOGINUID_UNSET)
		return JK_OK;
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
		return JK_ERR_SYS;
	fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, text, (size_t)n) == n;
	if (fd >= 0)
		close(fd);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return JK_ERR_SYS;
	return ok ? JK_OK : JK_ERR_REFUSED;
}

static void
dispatch(struct jk_worker *w)
{
	switch (jk_frame_type(w->frame)) {
	case JK_FRAME_AUTH:
		if (w->peer.uid == 0)
			jk_request_login(w);
		else
			jk_request_unlock(w);
		break;
	case JK_FRAME_ACCOUNT:
		jk_request_account(w);
		break;
	case JK_FRAME_OPEN:
		jk_request_open(w);
		break;
	case JK_FRAME_CLOSE:
		jk_request_close(w);
		break;
	case JK_FRAME_MANAGE:
		jk_request_manage(w);
		break;
	case JK_FRAME_SWITCH:
		jk_request_switch(w);
		break;
	case JK_FRAME_CHANGE:
		jk_request_change(w);
		break;
	case JK_FRAME_LOCK:
		jk_request_lock(w);
		break;
	case JK_FRAME_END:
		jk_request_end(w);
		break;
	case JK_FRAME_SEEN:
		jk_request_seen(w);
		break;
	case JK_FRAME_LOOK:
		jk_request_look(w);
		break;
	case JK_FRAME_USE:
		jk_request_use(w);
		break;
	default:
		break; /* not one of ours: the connection ends */
	}
}

static enum jk_err
start(struct jk_worker *w)
{
	enum jk_err e;

	if ((e = jk_frame_new(&w->frame)) != JK_OK ||
	    (e = jk_state_open(JK_RUN_DIR "/state", &w->run_dir)) != JK_OK ||
	    (e = jk_state_open(JK_STATE_DIR, &w->keep_dir)) != JK_OK ||
	    (e = jk_peer_open(w->fd, &w->peer)) != JK_OK)
		return e;
	w->cancel = (struct jk_cancel){
		.fd = w->fd,
		.pidfd = w->peer.pidfd,
	};
	e = jk_place_load(&w->place);
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "snapshot: %s", jk_err_text(e));
	w->until = jk_boot_ms() + w->place.settings.deadline_ms;
	return JK_OK;
}

static enum jk_err
converse(struct jk_worker *w)
{
	enum jk_err e;

	if ((e = start(w)) != JK_OK || (e = hear(w)) != JK_OK)
		return e;
	e = take_loginuid(w->peer.loginuid);
	if (e != JK_OK)
		jk_log(JK_LOG_WARNING, "cannot take the caller's loginuid: %s",
		    jk_err_text(e));
	e = jk_recorder_open(&w->place.settings, w->run_dir, w->keep_dir,
	    &w->cancel, &w->recorder);
	if (e != JK_OK)
		return e;
	dispatch(w);
	return JK_OK;
}

int
jk_serve(int fd, const struct ucred *peer, void *ctx)
{
	static struct jk_worker w = {
		.recorder = { .audit_fd = -1, .announced = -1 },
	};
	enum jk_err e;

	(void)peer; /* proven anew, with what holds it */
	(void)ctx;
	w.fd = fd;
	e = converse(&w);
	if (e != JK_OK && e != JK_ERR_CLOSED && !jk_peer_tell_hidden())
		jk_log(JK_LOG_NOTICE, "conversation with uid %u ended: %s",
		    (unsigned)w.peer.uid, jk_err_text(e));
	/* The kernel takes back the rest; this erases. */
	jk_frame_free(&w.frame);
	jk_recorder_close(&w.recorder);
	return e == JK_OK ? 0 : 1;
}
