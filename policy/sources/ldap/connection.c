/* SPDX-License-Identifier: BSD-2-Clause */
#include "connection.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <jukinet/policy.h>

#include "clock.h"
#include "cursor.h"
#include "secret.h"
#include "tlswords.h"
#include "utf8.h"

/* Entries of one page; servers may give fewer. */
#define PAGE 500
/* Of one message of a server, bytes. */
#define MESSAGE_MAX (4u << 20)
/* How long one read or write of the socket may hold the library. */
#define STEP_MS 500
/* How often a wait is broken once its time is over. */
#define AGAIN_MS 100

/*
 * While a connection is being made the library waits without looking at a
 * clock, and TLS with it. A timer ends that by ending the socket.
 */
static volatile sig_atomic_t timer_fd, timer_fired;

void
jk_ldap_plain(const char *text, char ret[static JK_LDAP_PLACE_MAX])
{
	struct jk_cur cur = { (const uint8_t *)text, strlen(text) }, last;
	size_t n = 0, len;
	uint32_t c;

	while (cur.left > 0 && n + 4 < JK_LDAP_PLACE_MAX) {
		last = cur;
		if (jk_utf8_next(&cur, &c) == JK_OK && jk_utf8_is_plain(c)) {
			len = last.left - cur.left;
			memcpy(ret + n, last.at, len);
			n += len;
			continue;
		}
		/* One mark for each byte that is no character. */
		if (cur.left == last.left)
			(void)jk_cur_take(&cur, 1, &last);
		ret[n] = '?';
		n++;
	}
	ret[n] = '\0';
}

static void tell(void (*to)(void *, const char *, unsigned, const char *),
    void *ctx, const char *place, const char *format, va_list args)
    JK_PRINTF(4, 0);

static void
tell(void (*to)(void *, const char *, unsigned, const char *), void *ctx,
    const char *place, const char *format, va_list args)
{
	char text[1024], plain[JK_LDAP_PLACE_MAX], where[JK_LDAP_PLACE_MAX];

	vsnprintf(text, sizeof(text), format, args);
	jk_ldap_plain(text, plain);
	jk_ldap_plain(place, where);
	to(ctx, where, 0, plain);
}

void
jk_ldap_warn(const struct jk_ldap *ldap, const char *place, const char *format,
    ...)
{
	va_list args;

	va_start(args, format);
	tell(ldap->host->warning, ldap->host->ctx, place, format, args);
	va_end(args);
}

void
jk_ldap_error(const struct jk_ldap *ldap, const char *place, const char *format,
    ...)
{
	va_list args;

	va_start(args, format);
	tell(ldap->host->error, ldap->host->ctx, place, format, args);
	va_end(args);
}

/* For one answer: what the settings give, within what is left. */
static int64_t
answer_ms(const struct jk_ldap *ldap)
{
	int64_t left = ldap->until - jk_boot_ms();
	int64_t each = 1000 * (int64_t)ldap->settings->timeout_s;

	if (left > each)
		left = each;
	return left > 0 ? left : 0;
}

static struct timeval
timeval_of(int64_t ms)
{
	/* Zero would mean no limit at all to some calls. */
	if (ms < 1)
		ms = 1;
	return (struct timeval){ ms / 1000, ms % 1000 * 1000 };
}

static int
status_of(int code)
{
	switch (code) {
	case LDAP_SUCCESS:
		return JUKINET_POLICY_SUCCESS;
	case LDAP_NO_SUCH_OBJECT:
		return JUKINET_POLICY_NOTFOUND;
	case LDAP_BUSY:
	case LDAP_TIMEOUT:
	case LDAP_TIMELIMIT_EXCEEDED:
		return JUKINET_POLICY_TRYAGAIN;
	default:
		return JUKINET_POLICY_UNAVAIL;
	}
}

static void
on_timer(int signal)
{
	(void)signal;
	timer_fired = 1;
	if (timer_fd >= 0)
		(void)shutdown(timer_fd, SHUT_RDWR);
}

/* False: there will be no timer. 0 ms stops it. */
static bool
set_timer(int64_t ms)
{
	const struct sigaction action = { .sa_handler = on_timer };
	const struct itimerval none = { 0 };
	const struct itimerval timer = { timeval_of(AGAIN_MS), timeval_of(ms) };

	if (ms == 0)
		return setitimer(ITIMER_REAL, &none, NULL) == 0;
	timer_fd = -1;
	timer_fired = 0;
	return sigaction(SIGALRM, &action, NULL) == 0 &&
	       setitimer(ITIMER_REAL, &timer, NULL) == 0;
}

/* Of struct ldap_conncb: the socket stands, and TLS has not begun. */
static int
on_socket(LDAP *ld, Sockbuf *buffer, LDAPURLDesc *server,
    struct sockaddr *address, struct ldap_conncb *self)
{
	int fd = -1;

	(void)ld;
	(void)server;
	(void)address;
	(void)self;
	(void)ber_sockbuf_ctrl(buffer, LBER_SB_OPT_GET_FD, &fd);
	timer_fd = fd;
	return 0;
}

static void
on_socket_closed(LDAP *ld, Sockbuf *buffer, struct ldap_conncb *self)
{
	(void)ld;
	(void)buffer;
	(void)self;
	timer_fd = -1;
}

/* What the library or the server adds to its code; "" when nothing. */
static void
diagnostic(const struct jk_ldap *ldap, char ret[static JK_LDAP_PLACE_MAX])
{
	char *text = NULL;

	ret[0] = '\0';
	if (ldap_get_option(ldap->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text) ==
	        LDAP_OPT_SUCCESS &&
	    text != NULL)
		jk_ldap_plain(text, ret);
	ldap_memfree(text);
}

static int
last_error(const struct jk_ldap *ldap)
{
	int code = LDAP_OTHER;

	(void)ldap_get_option(ldap->ld, LDAP_OPT_RESULT_CODE, &code);
	return code;
}

/* Says what did not work, and gives the status that this is. */
static int
fail(const struct jk_ldap *ldap, const char *place, const char *what, int code)
{
	char more[JK_LDAP_PLACE_MAX];

	if (jk_tlswords_reason()[0] != '\0')
		jk_ldap_plain(jk_tlswords_reason(), more);
	else
		diagnostic(ldap, more);
	jk_ldap_warn(ldap, place, "%s: %s%s%s%s", what, ldap_err2string(code),
	    more[0] != '\0' ? " (" : "", more, more[0] != '\0' ? ")" : "");
	return status_of(code);
}

static bool
set(LDAP *ld, int option, const void *value)
{
	return ldap_set_option(ld, option, value) == LDAP_OPT_SUCCESS;
}

/*
 * Everything that a file, an environment or a build of the library could say
 * otherwise. There is no setting of ours that makes TLS weaker.
 */
static bool
set_options(const struct jk_ldap *ldap)
{
	const int version = LDAP_VERSION3, none = LDAP_NO_LIMIT,
	          never = LDAP_DEREF_NEVER, demand = LDAP_OPT_X_TLS_DEMAND,
	          san = LDAP_OPT_X_TLS_TRY,
	          tls = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0;
	static struct ldap_conncb callbacks = { on_socket, on_socket_closed,
		NULL };
	struct timeval tv = timeval_of(answer_ms(ldap));

	return set(ldap->ld, LDAP_OPT_PROTOCOL_VERSION, &version) &&
	       set(ldap->ld, LDAP_OPT_CONNECT_CB, &callbacks) &&
	       set(ldap->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) &&
	       set(ldap->ld, LDAP_OPT_RESTART, LDAP_OPT_OFF) &&
	       set(ldap->ld, LDAP_OPT_DEREF, &never) &&
	       set(ldap->ld, LDAP_OPT_SIZELIMIT, &none) &&
	       set(ldap->ld, LDAP_OPT_TIMELIMIT, &none) &&
	       set(ldap->ld, LDAP_OPT_TIMEOUT, &tv) &&
	       set(ldap->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) &&
	       set(ldap->ld, LDAP_OPT_X_TLS_REQUIRE_SAN, &san) &&
	       set(ldap->ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls) &&
	       set(ldap->ld, LDAP_OPT_X_TLS_CACERTFILE,
	           ldap->settings->ca_file) &&
	       set(ldap->ld, LDAP_OPT_X_TLS_NEWCTX, &client);
}

/* A library that waits inside a read could never be asked for the time. */
static bool
limit_socket(const struct jk_ldap *ldap)
{
	const struct timeval step = timeval_of(STEP_MS);
	ber_len_t largest = MESSAGE_MAX;
	Sockbuf *buffer = NULL;
	int fd = -1;

	return ldap_get_option(ldap->ld, LDAP_OPT_DESC, &fd) ==
	           LDAP_OPT_SUCCESS &&
	       setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &step, sizeof(step)) ==
	           0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &step, sizeof(step)) ==
	           0 &&
	       ldap_get_option(ldap->ld, LDAP_OPT_SOCKBUF, &buffer) ==
	           LDAP_OPT_SUCCESS &&
	       ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING,
	           &largest) > 0;
}

/* One message of an operation; NULL: told, and *ret_status. */
static LDAPMessage *
next_message(struct jk_ldap *ldap, int id, const char *place, const char *what,
    int *ret_status)
{
	struct timeval tv = timeval_of(answer_ms(ldap));
	LDAPMessage *message = NULL;
	int type = ldap_result(ldap->ld, id, LDAP_MSG_ONE, &tv, &message);

	if (type > 0)
		return message;
	ldap_msgfree(message);
	*ret_status = fail(ldap, place, what,
	    type == 0 ? LDAP_TIMEOUT : last_error(ldap));
	/* It is the server that is not there, not what was asked for. */
	if (*ret_status == JUKINET_POLICY_NOTFOUND)
		*ret_status = JUKINET_POLICY_UNAVAIL;
	return NULL;
}

/*
 * The code of a result. Whatever it said of other servers is not followed, and
 * counts as no answer.
 */
static int
result_code(struct jk_ldap *ldap, LDAPMessage *message,
    LDAPControl ***ret_controls)
{
	char *text = NULL;
	int code = LDAP_OTHER;
	int e = ldap_parse_result(ldap->ld, message, &code, NULL, &text, NULL,
	    ret_controls, 0);

	/* The library keeps it, for diagnostic(). */
	ldap_memfree(text);
	return e == LDAP_SUCCESS ? code : e;
}

/* Waits for the only answer that an operation has. */
static int
finish(struct jk_ldap *ldap, int id, const char *place, const char *what,
    int tolerated)
{
	int status = JUKINET_POLICY_UNAVAIL, code;
	LDAPMessage *message = next_message(ldap, id, place, what, &status);

	if (message == NULL)
		return status;
	code = result_code(ldap, message, NULL);
	ldap_msgfree(message);
	if (code == LDAP_SUCCESS || (tolerated != 0 && code == tolerated))
		return JUKINET_POLICY_SUCCESS;
	return fail(ldap, place, what, code);
}

static int
start_tls(struct jk_ldap *ldap)
{
	int id = 0, status, code;

	code = ldap_start_tls(ldap->ld, NULL, NULL, &id);
	if (code != LDAP_SUCCESS)
		return fail(ldap, ldap->uri, "StartTLS", code);
	status = finish(ldap, id, ldap->uri, "StartTLS", 0);
	if (status != JUKINET_POLICY_SUCCESS)
		return status;
	code = ldap_install_tls(ldap->ld);
	return code == LDAP_SUCCESS ? JUKINET_POLICY_SUCCESS
	                            : fail(ldap, ldap->uri, "TLS", code);
}

static int
connect_to(struct jk_ldap *ldap)
{
	int code = ldap_initialize(&ldap->ld, ldap->uri);

	if (code != LDAP_SUCCESS) {
		jk_ldap_warn(ldap, ldap->uri, "%s", ldap_err2string(code));
		return JUKINET_POLICY_UNAVAIL;
	}
	if (!set_options(ldap)) {
		jk_ldap_warn(ldap, ldap->uri,
		    "the LDAP library does not take our options%s%s",
		    jk_tlswords_reason()[0] != '\0' ? ": " : "",
		    jk_tlswords_reason());
		return JUKINET_POLICY_UNAVAIL;
	}
	code = ldap_connect(ldap->ld);
	if (code != LDAP_SUCCESS)
		return fail(ldap, ldap->uri, "no connection", code);
	if (!limit_socket(ldap)) {
		jk_ldap_warn(ldap, ldap->uri, "the socket takes no limits");
		return JUKINET_POLICY_UNAVAIL;
	}
	return strncmp(ldap->uri, "ldap:", 5) == 0 ? start_tls(ldap)
	                                           : JUKINET_POLICY_SUCCESS;
}

/* From here on everything passes through TLS, or nothing passes at all. */
static int
connect_safely(struct jk_ldap *ldap)
{
	int64_t ms = answer_ms(ldap);
	int status;

	if (ms == 0 || !set_timer(ms)) {
		jk_ldap_warn(ldap, ldap->uri, "no time, or no timer, is left");
		return JUKINET_POLICY_TRYAGAIN;
	}
	jk_tlswords_listen(true);
	status = connect_to(ldap);
	jk_tlswords_listen(false);
	(void)set_timer(0);
	if (status != JUKINET_POLICY_SUCCESS && timer_fired) {
		jk_ldap_warn(ldap, ldap->uri, "no connection in time");
		status = JUKINET_POLICY_TRYAGAIN;
	}
	if (status == JUKINET_POLICY_SUCCESS && !ldap_tls_inplace(ldap->ld)) {
		jk_ldap_warn(ldap, ldap->uri, "not protected by TLS");
		status = JUKINET_POLICY_UNAVAIL;
	}
	return status;
}

static int
bind_as(struct jk_ldap *ldap, const struct jk_ldap_identity *who,
    char *password)
{
	struct berval secret = { strlen(password), password };
	int id = 0;
	int code = ldap_sasl_bind(ldap->ld, who->dn, LDAP_SASL_SIMPLE, &secret,
	    NULL, NULL, &id);

	if (code != LDAP_SUCCESS)
		return fail(ldap, ldap->uri, "bind", code);
	return finish(ldap, id, ldap->uri, "bind", 0);
}

void
jk_ldap_close(struct jk_ldap *ldap)
{
	if (ldap->ld != NULL)
		(void)ldap_unbind_ext(ldap->ld, NULL, NULL);
	ldap->ld = NULL;
}

static int
try_all(struct jk_ldap *ldap, const struct jk_ldap_identity *who,
    char *password)
{
	int status = JUKINET_POLICY_UNAVAIL, each;

	for (size_t i = 0; i < ldap->settings->n_uris; i++) {
		ldap->uri = ldap->settings->uri[i];
		each = connect_safely(ldap);
		if (each == JUKINET_POLICY_SUCCESS)
			each = bind_as(ldap, who, password);
		if (each == JUKINET_POLICY_SUCCESS)
			return each;
		jk_ldap_close(ldap);
		/* One that may answer later counts more than one that is not
		 * there. */
		if (each == JUKINET_POLICY_TRYAGAIN)
			status = each;
	}
	return status;
}

int
jk_ldap_open(struct jk_ldap *ldap, const struct jukinet_policy_host *host,
    const struct jk_ldap_settings *settings, const struct jk_ldap_identity *who)
{
	char *password = jk_ldap_password(host, who);
	int status;

	*ldap = (struct jk_ldap){
		.host = host,
		.settings = settings,
		.until = jk_boot_ms() + host->timeout_ms,
	};
	if (password == NULL)
		return JUKINET_POLICY_UNAVAIL;
	status = try_all(ldap, who, password);
	jk_locked_free(password, JK_LDAP_PASSWORD_MAX);
	return status;
}

/* One page. */
struct page {
	const struct jk_ldap_search *search;
	jk_ldap_entry_fn *take;
	void *ctx;
	struct berval cookie; /* owned; empty: there is no further page */
};

static int
send_search(struct jk_ldap *ldap, struct page *page, int *ret_id)
{
	const struct jk_ldap_search *search = page->search;
	struct timeval tv = timeval_of(ldap->until - jk_boot_ms());
	LDAPControl *control = NULL, *controls[2] = { NULL };
	int code = LDAP_SUCCESS;

	if (search->scope != LDAP_SCOPE_BASE) {
		code = ldap_create_page_control(ldap->ld, PAGE, &page->cookie,
		    1, &control);
		controls[0] = control;
	}
	if (code == LDAP_SUCCESS)
		code = ldap_search_ext(ldap->ld, search->base, search->scope,
		    search->filter, search->attributes, 0, controls, NULL, &tv,
		    LDAP_NO_LIMIT, ret_id);
	ldap_control_free(control);
	return code == LDAP_SUCCESS ? JUKINET_POLICY_SUCCESS
	                            : fail(ldap, ldap->uri, "search", code);
}

static int
end_page(struct jk_ldap *ldap, LDAPMessage *message, struct page *page)
{
	LDAPControl **controls = NULL, *control;
	struct berval cookie = { 0 };
	ber_int_t estimate;
	int code = result_code(ldap, message, &controls);

	ber_memfree(page->cookie.bv_val);
	page->cookie = cookie;
	control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	if (code == LDAP_SUCCESS && control != NULL)
		code = ldap_parse_pageresponse_control(ldap->ld, control,
		    &estimate, &page->cookie);
	ldap_controls_free(controls);
	if (code == LDAP_SUCCESS)
		return JUKINET_POLICY_SUCCESS;
	if (code == LDAP_SIZELIMIT_EXCEEDED) {
		jk_ldap_warn(ldap, ldap->uri,
		    "the server gives this account only a part of the "
		    "registry: raise its size limit");
		return JUKINET_POLICY_UNAVAIL;
	}
	return fail(ldap, page->search->base, "search", code);
}

/* One message of a page; false: it was the last. */
static bool
take_message(struct jk_ldap *ldap, LDAPMessage *message, struct page *page,
    int *status)
{
	switch (ldap_msgtype(message)) {
	case LDAP_RES_SEARCH_ENTRY:
		*status = page->take(page->ctx, ldap->ld, message);
		return *status == JUKINET_POLICY_SUCCESS;
	case LDAP_RES_SEARCH_REFERENCE:
		jk_ldap_warn(ldap, ldap->uri,
		    "a part of the registry lies on another server; referrals "
		    "are not followed");
		*status = JUKINET_POLICY_UNAVAIL;
		return false;
	case LDAP_RES_SEARCH_RESULT:
		*status = end_page(ldap, message, page);
		return false;
	default:
		return true;
	}
}

static int
read_page(struct jk_ldap *ldap, struct page *page)
{
	LDAPMessage *message;
	int id = 0, status = send_search(ldap, page, &id);
	bool more = status == JUKINET_POLICY_SUCCESS;

	while (more) {
		message = next_message(ldap, id, ldap->uri, "search", &status);
		if (message == NULL)
			break;
		more = take_message(ldap, message, page, &status);
		ldap_msgfree(message);
	}
	return status;
}

int
jk_ldap_search(struct jk_ldap *ldap, const struct jk_ldap_search *search,
    jk_ldap_entry_fn *take, void *ctx)
{
	struct page page = { .search = search, .take = take, .ctx = ctx };
	int status;

	do
		status = read_page(ldap, &page);
	while (status == JUKINET_POLICY_SUCCESS && page.cookie.bv_len > 0);
	ber_memfree(page.cookie.bv_val);
	return status;
}

int
jk_ldap_add(struct jk_ldap *ldap, const char *dn, LDAPMod **mods, int tolerated)
{
	int id = 0;
	int code = ldap_add_ext(ldap->ld, dn, mods, NULL, NULL, &id);

	if (code != LDAP_SUCCESS)
		return fail(ldap, dn, "add", code);
	return finish(ldap, id, dn, "add", tolerated);
}

int
jk_ldap_modify(struct jk_ldap *ldap, const char *dn, LDAPMod **mods)
{
	int id = 0;
	int code = ldap_modify_ext(ldap->ld, dn, mods, NULL, NULL, &id);

	if (code != LDAP_SUCCESS)
		return fail(ldap, dn, "modify", code);
	return finish(ldap, id, dn, "modify", 0);
}

int
jk_ldap_modify_code(struct jk_ldap *ldap, const char *dn, LDAPMod **mods,
    int *ret_code)
{
	int id = 0, status = JUKINET_POLICY_UNAVAIL;
	int code = ldap_modify_ext(ldap->ld, dn, mods, NULL, NULL, &id);
	LDAPMessage *message;

	if (code != LDAP_SUCCESS)
		return fail(ldap, dn, "modify", code);
	message = next_message(ldap, id, dn, "modify", &status);
	if (message == NULL)
		return status;
	*ret_code = result_code(ldap, message, NULL);
	ldap_msgfree(message);
	return status_of(*ret_code);
}

int
jk_ldap_delete(struct jk_ldap *ldap, const char *dn)
{
	int id = 0;
	int code = ldap_delete_ext(ldap->ld, dn, NULL, NULL, &id);

	if (code != LDAP_SUCCESS)
		return fail(ldap, dn, "delete", code);
	return finish(ldap, id, dn, "delete", 0);
}
