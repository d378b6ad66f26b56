/* SPDX-License-Identifier: BSD-2-Clause */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ldap.h>

#include <jukinet/policy.h>

#include "file.h"
#include "secret.h"

#define FILE_NAME       "ldap.conf"
#define TIMEOUT_DEFAULT 10
#define TIMEOUT_MAX     120

struct reading {
	const struct jukinet_policy_host *host;
	const char *path;
	struct jk_ldap_settings *settings;
	bool publish; /* the section at hand */
	bool failed;
};

static void
refuse(struct reading *r, unsigned line, const char *why)
{
	r->failed = true;
	r->host->error(r->host->ctx, r->path, line, why);
}

static const char *
copy(char *to, size_t size, const char *value)
{
	if (to[0] != '\0')
		return "key is repeated";
	if (strlen(value) >= size)
		return "value is too long";
	strcpy(to, value);
	return NULL;
}

/* A host and perhaps a port; what else a URL may hold is said elsewhere. */
static const char *
uri_fault(const char *value)
{
	LDAPURLDesc *url = NULL;
	const char *fault = NULL;

	if (ldap_url_parse(value, &url) != LDAP_URL_SUCCESS)
		return "not a URL of a directory server";
	if (strcmp(url->lud_scheme, "ldaps") != 0 &&
	    strcmp(url->lud_scheme, "ldap") != 0)
		fault = "only ldaps:// and ldap:// can be protected by TLS";
	else if (url->lud_host == NULL || url->lud_host[0] == '\0')
		fault = "names no host";
	else if ((url->lud_dn != NULL && url->lud_dn[0] != '\0') ||
	         url->lud_attrs != NULL || url->lud_filter != NULL ||
	         url->lud_exts != NULL)
		fault = "has more than a host and a port";
	ldap_free_urldesc(url);
	return fault;
}

static const char *
set_uri(struct jk_ldap_settings *s, const char *value)
{
	const char *fault = uri_fault(value);

	if (fault != NULL)
		return fault;
	if (s->n_uris == JK_LDAP_URIS_MAX)
		return "more than 8 servers";
	fault = copy(s->uri[s->n_uris], sizeof(s->uri[0]), value);
	if (fault == NULL)
		s->n_uris++;
	return fault;
}

static const char *
set_dn(char *to, size_t size, const char *value)
{
	LDAPDN dn = NULL;

	if (ldap_str2dn(value, &dn, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS ||
	    dn == NULL)
		return "not a distinguished name";
	ldap_dnfree(dn);
	return copy(to, size, value);
}

static const char *
set_plain_name(char *to, size_t size, const char *value)
{
	if (strchr(value, '/') != NULL || value[0] == '.')
		return "not a plain file name";
	return copy(to, size, value);
}

/* A plain name lies beside ldap.conf. */
static const char *
set_ca_file(struct reading *r, const char *value)
{
	char path[PATH_MAX] = "";
	const char *fault;

	if (value[0] == '/')
		return copy(r->settings->ca_file, sizeof(path), value);
	fault = set_plain_name(path, sizeof(path), value);
	if (fault != NULL)
		return fault;
	if (snprintf(path, sizeof(path), "%s/%s", r->host->config_dir, value) >=
	    (int)sizeof(path))
		return "value is too long";
	return copy(r->settings->ca_file, sizeof(path), path);
}

static const char *
set_timeout(struct jk_ldap_settings *s, const char *value)
{
	size_t n = strspn(value, "0123456789");
	unsigned long seconds;

	if (n == 0 || n > 3 || value[n] != '\0')
		return "not a number of seconds, 1 to 120";
	seconds = strtoul(value, NULL, 10);
	if (seconds < 1 || seconds > TIMEOUT_MAX)
		return "not a number of seconds, 1 to 120";
	if (s->timeout_s != 0)
		return "key is repeated";
	s->timeout_s = (unsigned)seconds;
	return NULL;
}

static bool
on_section(void *ctx, unsigned line, const char *section)
{
	struct reading *r = ctx;

	r->publish = strcmp(section, "publish") == 0;
	if (r->publish || strcmp(section, "ldap") == 0)
		return true;
	refuse(r, line, "unknown section");
	return false;
}

static void
on_entry(void *ctx, unsigned line, JK_UNUSED const char *section,
    const char *key, const char *value)
{
	struct reading *r = ctx;
	struct jk_ldap_settings *s = r->settings;
	struct jk_ldap_identity *who = r->publish ? &s->publisher : &s->reader;
	const char *fault = "unknown key";

	if (strcmp(key, "bind-dn") == 0)
		fault = set_dn(who->dn, sizeof(who->dn), value);
	else if (strcmp(key, "password-file") == 0)
		fault = set_plain_name(who->password_file,
		    sizeof(who->password_file), value);
	else if (r->publish)
		;
	else if (strcmp(key, "uri") == 0)
		fault = set_uri(s, value);
	else if (strcmp(key, "base") == 0)
		fault = set_dn(s->base, sizeof(s->base), value);
	else if (strcmp(key, "ca-file") == 0)
		fault = set_ca_file(r, value);
	else if (strcmp(key, "timeout") == 0)
		fault = set_timeout(s, value);
	if (fault != NULL)
		refuse(r, line, fault);
}

static void
on_error(void *ctx, unsigned line, const char *reason)
{
	refuse(ctx, line, reason);
}

static void
check_needed(struct reading *r)
{
	const struct jk_ldap_settings *s = r->settings;

	if (s->n_uris == 0)
		refuse(r, 0, "[ldap] needs \"uri = ...\"");
	if (s->base[0] == '\0')
		refuse(r, 0, "[ldap] needs \"base = ...\"");
	if (s->ca_file[0] == '\0')
		refuse(r, 0, "[ldap] needs \"ca-file = ...\"");
	if (s->reader.dn[0] == '\0')
		refuse(r, 0, "[ldap] needs \"bind-dn = ...\"");
	if (s->reader.password_file[0] == '\0')
		refuse(r, 0, "[ldap] needs \"password-file = ...\"");
	if ((s->publisher.dn[0] == '\0') !=
	    (s->publisher.password_file[0] == '\0'))
		refuse(r, 0,
		    "[publish] needs both \"bind-dn = ...\" and "
		    "\"password-file = ...\"");
}

static bool
read_file(struct reading *r, char **ret, size_t *ret_len)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault fault = { 0 };
	enum jk_err e =
	    jk_file_open_config(r->path, r->host->owner, &fd, &fault);

	if (e == JK_OK)
		e = jk_file_read(fd, JK_CONFIG_MAX, ret, ret_len);
	if (e != JK_OK)
		refuse(r, 0,
		    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
	return e == JK_OK;
}

/* The library opens it by its path later, so the directories count too. */
static void
check_ca_file(struct reading *r)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault fault = { 0 };
	const char *path = r->settings->ca_file;

	if (path[0] != '\0' &&
	    jk_file_open_config(path, r->host->owner, &fd, &fault) != JK_OK) {
		r->failed = true;
		r->host->error(r->host->ctx, path, 0, fault.text);
	}
}

bool
jk_ldap_settings_read(const struct jukinet_policy_host *host,
    struct jk_ldap_settings *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct jk_ldap_settings settings = { 0 };
	char path[PATH_MAX];
	struct reading r = { host, path, &settings, false, false };
	const struct jk_ini_handler handler = { on_section, on_entry, on_error,
		&r };
	size_t len = 0;

	if (snprintf(path, sizeof(path), "%s/" FILE_NAME, host->config_dir) >=
	    (int)sizeof(path)) {
		strcpy(path, FILE_NAME);
		refuse(&r, 0, "its path is too long");
		return false;
	}
	if (!read_file(&r, &text, &len))
		return false;
	/* What it finds was told through on_error(), but for one thing. */
	if (jk_ini_parse(text, len, &handler) == JK_ERR_NOMEM)
		refuse(&r, 0, jk_err_text(JK_ERR_NOMEM));
	check_needed(&r);
	check_ca_file(&r);
	if (r.failed)
		return false;

	if (settings.timeout_s == 0)
		settings.timeout_s = TIMEOUT_DEFAULT;
	*ret = settings;
	return true;
}

static int
open_password(const struct jukinet_policy_host *host, const char *path)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault fault = { 0 };
	struct stat st;
	int result;
	enum jk_err e = jk_file_open_config(path, host->owner, &fd, &fault);

	if (e != JK_OK) {
		host->error(host->ctx, path, 0, fault.text);
		return -1;
	}
	if (fstat(fd, &st) != 0 || (st.st_mode & S_IRWXO) != 0) {
		host->error(host->ctx, path, 0,
		    "others may read it (mode 0600 or 0640)");
		return -1;
	}
	result = fd;
	fd = -1;
	return result;
}

/* One line; how long it is is nobody's business. */
static const char *
read_password(int fd, char *to)
{
	size_t n = 0;
	ssize_t got;

	do {
		got = read(fd, to + n, JK_LDAP_PASSWORD_MAX - n);
		n += got > 0 ? (size_t)got : 0;
	} while (n < JK_LDAP_PASSWORD_MAX &&
	         (got > 0 || (got < 0 && errno == EINTR)));
	if (got < 0)
		return strerror(errno);
	if (n == JK_LDAP_PASSWORD_MAX)
		return "password is too long";
	to[n] = '\0';
	if (n > 0 && to[n - 1] == '\n')
		to[--n] = '\0';
	/* An empty one would be no password at all, and servers say yes. */
	if (n == 0)
		return "holds no password";
	if (strlen(to) != n || strchr(to, '\n') != NULL)
		return "holds more than one line";
	return NULL;
}

char *
jk_ldap_password(const struct jukinet_policy_host *host,
    const struct jk_ldap_identity *who)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	char path[PATH_MAX];
	const char *fault;
	void *to;

	if (snprintf(path, sizeof(path), "%s/%s", host->config_dir,
	        who->password_file) >= (int)sizeof(path)) {
		host->error(host->ctx, who->password_file, 0,
		    "its path is too long");
		return NULL;
	}
	fd = open_password(host, path);
	if (fd < 0)
		return NULL;
	if (jk_locked_new(JK_LDAP_PASSWORD_MAX, &to) != JK_OK) {
		host->error(host->ctx, path, 0, "no memory for a secret");
		return NULL;
	}
	fault = read_password(fd, to);
	if (fault != NULL) {
		host->error(host->ctx, path, 0, fault);
		jk_locked_free(to, JK_LDAP_PASSWORD_MAX);
		return NULL;
	}
	return to;
}
