/* SPDX-License-Identifier: BSD-2-Clause */
#include "worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "log.h"
#include "outcome.h"
#include "reader.h"
#include "state.h"

/* For the first frame; a connection that stays silent holds a place. */
#define FIRST_FRAME_MS 2000
/* Until the snapshot says otherwise. */
#define DEADLINE_MS 45000
#define RECEIPT_MS  2000

static enum jk_err
load_place(struct jk_place *p)
{
	enum jk_err e;

	e = jk_snapshot_open(JK_SNAPSHOT_DIR "/snapshot.cdb", &p->snapshot);
	if (e != JK_OK)
		return e;
	if ((e = jk_snapshot_edition(p->snapshot, &p->edition)) != JK_OK ||
	    (e = jk_snapshot_settings(p->snapshot, &p->settings)) != JK_OK ||
	    (e = jk_snapshot_terminal(p->snapshot, p->settings.terminal,
	         &p->terminal)) != JK_OK) {
		jk_snapshot_close(&p->snapshot);
		p->settings = (struct jk_settings){
			.deadline_ms = DEADLINE_MS,
			.receipt_ms = RECEIPT_MS,
		};
	}
	return e;
}

static enum jk_err
greet(struct jk_worker *w, uint8_t ret_nonce[static JK_NONCE_LEN])
{
	enum jk_err e = jk_random(ret_nonce, JK_NONCE_LEN);

	if (e != JK_OK)
		return e;
	jk_frame_start(w->frame, JK_FRAME_HELLO);
	if ((e = jk_frame_put(w->frame, JK_FIELD_NONCE, ret_nonce,
	         JK_NONCE_LEN)) != JK_OK ||
	    (e = jk_frame_put_u64(w->frame, JK_FIELD_DEADLINE_MS,
	         (uint64_t)w->place.settings.deadline_ms)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, w->frame);
}

/* Text of any length is cut: what a caller claims is only recorded. */
static enum jk_err
read_claim_text(const struct jk_frame *f, enum jk_field field, char *ret,
    size_t size)
{
	struct jk_cur cur;
	enum jk_err e = jk_frame_get(f, (uint8_t)field, &cur);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	if (e != JK_OK)
		return e;
	if (memchr(cur.at, '\0', cur.left) != NULL)
		return JK_ERR_FORMAT;
	if (cur.left >= size)
		cur.left = size - 1;
	memcpy(ret, cur.at, cur.left);
	ret[cur.left] = '\0';
	return JK_OK;
}

static enum jk_err
read_id(const struct jk_frame *f, enum jk_field field,
    char ret[static JK_ID_LEN + 1])
{
	enum jk_err e = jk_frame_get_str(f, (uint8_t)field, ret, JK_ID_LEN + 1);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	return e == JK_OK && !jk_id_is_valid(ret) ? JK_ERR_FORMAT : e;
}

static enum jk_err
read_claim(const struct jk_frame *f, struct jk_claim *c)
{
	enum jk_err e;

	/* The account decides, so it must be exactly what was meant. */
	if ((e = jk_frame_get_str(f, JK_FIELD_ACCOUNT, c->account,
	         sizeof(c->account))) != JK_OK ||
	    (e = read_claim_text(f, JK_FIELD_SERVICE, c->service,
	         sizeof(c->service))) != JK_OK ||
	    (e = read_claim_text(f, JK_FIELD_TTY, c->tty, sizeof(c->tty))) !=
	        JK_OK ||
	    (e = read_claim_text(f, JK_FIELD_HOST, c->host, sizeof(c->host))) !=
	        JK_OK ||
	    (e = read_id(f, JK_FIELD_TICKET, c->ticket)) != JK_OK ||
	    (e = read_id(f, JK_FIELD_SESSION, c->session)) != JK_OK)
		return e;
	return jk_frame_get_u64(f, JK_FIELD_FLAGS, &c->flags);
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
	return read_claim(w->frame, &w->claim);
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

enum jk_reason
jk_worker_find_account(struct jk_worker *w)
{
	enum jk_err e;

	if (w->place.snapshot == NULL)
		return JK_WHY_POLICY_BAD;
	e = jk_snapshot_account(w->place.snapshot, w->claim.account,
	    &w->account);
	if (e == JK_ERR_NOT_FOUND)
		return JK_WHY_ACCOUNT_UNKNOWN;
	if (e != JK_OK)
		return JK_WHY_POLICY_BAD;
	if (w->peer.uid != 0 && w->peer.uid != w->account.uid)
		return JK_WHY_CALLER_FOREIGN;
	return JK_WHY_GRANTED;
}

enum jk_reason
jk_worker_renew(struct jk_worker *w)
{
	struct jk_place fresh = { 0 };
	enum jk_err e = load_place(&fresh);

	if (e != JK_OK) {
		jk_log(JK_LOG_ERR, "snapshot: %s", jk_err_text(e));
		return JK_WHY_POLICY_BAD;
	}
	jk_snapshot_close(&w->place.snapshot);
	w->place = fresh;
	return jk_worker_find_account(w);
}

bool
jk_worker_is_enforced(const struct jk_worker *w)
{
	const struct jk_settings *s = &w->place.settings;

	if (w->place.snapshot == NULL)
		return true; /* nobody knows: fail closed */
	for (size_t i = 0; i < s->n_enforced; i++)
		if (strcmp(s->enforced[i], w->claim.service) == 0)
			return true;
	return false;
}

static void
serve(struct jk_worker *w)
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
	default:
		break; /* not one of ours: the connection ends */
	}
}

static enum jk_err
start(struct jk_worker *w)
{
	enum jk_err e;

	w->place.settings.deadline_ms = DEADLINE_MS;
	w->place.settings.receipt_ms = RECEIPT_MS;
	if ((e = jk_frame_new(&w->frame)) != JK_OK ||
	    (e = jk_state_open(JK_RUN_DIR "/state", &w->run_dir)) != JK_OK ||
	    (e = jk_state_open(JK_STATE_DIR, &w->keep_dir)) != JK_OK ||
	    (e = jk_peer_open(w->fd, &w->peer)) != JK_OK)
		return e;
	w->cancel = (struct jk_cancel){
		.fd = w->fd,
		.pidfd = w->peer.pidfd,
	};
	e = load_place(&w->place);
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
	e = jk_recorder_open(&w->place.settings, w->run_dir, &w->cancel,
	    &w->recorder);
	if (e != JK_OK)
		return e;
	serve(w);
	return JK_OK;
}

int
jk_worker_run(int fd, const struct ucred *peer, void *ctx)
{
	static struct jk_worker w = { .recorder = { .audit_fd = -1 } };
	enum jk_err e;

	(void)peer; /* proven anew, with what holds it */
	(void)ctx;
	w.fd = fd;
	e = converse(&w);
	if (e != JK_OK && e != JK_ERR_CLOSED)
		jk_log(JK_LOG_NOTICE, "conversation with uid %u ended: %s",
		    (unsigned)w.peer.uid, jk_err_text(e));
	/* The kernel takes back the rest; this erases. */
	jk_frame_free(&w.frame);
	jk_recorder_close(&w.recorder);
	return e == JK_OK ? 0 : 1;
}
