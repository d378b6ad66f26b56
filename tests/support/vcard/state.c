/* SPDX-License-Identifier: BSD-2-Clause */
#include "state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static const char *const names[VC_SECRETS] = {
	[VC_PIN] = "pin",
	[VC_PUK] = "puk",
	[VC_SIGN_PIN] = "sign-pin",
};

static void
close_file(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
	*f = NULL;
}

static enum vc_err
make_path(const char *dir, const char *name, char ret[PATH_MAX])
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);

	return n < 0 || n >= PATH_MAX ? VC_ERR_TOO_LONG : VC_OK;
}

enum vc_err
vc_state_set(struct vc_secret *secret, const char *word)
{
	size_t len = strlen(word);

	if (len < 1 || len > VC_SECRET_MAX)
		return VC_ERR_RANGE;
	for (size_t i = 0; i < len; i++)
		if (word[i] <= ' ' || word[i] > '~')
			return VC_ERR_FORMAT;
	memcpy(secret->value, word, len);
	secret->len = len;
	return VC_OK;
}

enum vc_err
vc_state_find(const char *word, enum vc_secret_name *ret)
{
	for (size_t i = 0; i < VC_SECRETS; i++)
		if (strcmp(word, names[i]) == 0) {
			*ret = (enum vc_secret_name)i;
			return VC_OK;
		}
	return VC_ERR_UNKNOWN;
}

static enum vc_err
parse_tries(const char *word, unsigned *ret)
{
	unsigned long n;
	enum vc_err e;

	e = vc_text_number(word, VC_TRIES_MAX, &n);
	if (e == VC_OK)
		*ret = (unsigned)n;
	return e;
}

/* rest: what follows the secret's name. */
static enum vc_err
take_secret(struct vc_secret *secret, const char *rest, const char *value)
{
	if (*rest == '\0')
		return vc_state_set(secret, value);
	if (strcmp(rest, "-tries") == 0)
		return parse_tries(value, &secret->tries);
	if (strcmp(rest, "-max") == 0)
		return parse_tries(value, &secret->max);
	return VC_ERR_UNKNOWN;
}

static enum vc_err
take_line(struct vc_state *state, const char *key, const char *value)
{
	size_t len;

	if (strcmp(key, "kind") == 0)
		return vc_kind_parse(value, &state->kind);
	if (strcmp(key, "guid") == 0)
		return vc_text_unhex(value, state->guid, VC_GUID_LEN);
	for (size_t i = 0; i < VC_SECRETS; i++) {
		len = strlen(names[i]);
		if (strncmp(key, names[i], len) == 0)
			return take_secret(&state->secrets[i], key + len,
			    value);
	}
	return VC_ERR_UNKNOWN;
}

enum vc_err
vc_state_load(const char *dir, struct vc_state *ret)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	struct vc_state state = { 0 };
	char path[PATH_MAX], line[128], *value;
	enum vc_err e;

	e = make_path(dir, "state", path);
	if (e != VC_OK)
		return e;
	f = fopen(path, "re");
	if (f == NULL)
		return VC_ERR_SYS;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, '=');
		if (value == NULL)
			return VC_ERR_FORMAT;
		*value++ = '\0';
		e = take_line(&state, line, value);
		if (e != VC_OK)
			return e;
	}
	*ret = state;
	return VC_OK;
}

static void
print_secret(FILE *f, const char *name, const struct vc_secret *s)
{
	if (s->len > 0)
		(void)fprintf(f, "%s=%.*s\n%s-tries=%u\n%s-max=%u\n", name,
		    (int)s->len, (const char *)s->value, name, s->tries, name,
		    s->max);
}

enum vc_err
vc_state_save(const char *dir, const struct vc_state *state)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	char path[PATH_MAX], fresh[PATH_MAX], guid[2 * VC_GUID_LEN + 1];
	enum vc_err e;

	e = make_path(dir, "state", path);
	if (e != VC_OK)
		return e;
	e = make_path(dir, "state.new", fresh);
	if (e != VC_OK)
		return e;
	f = fopen(fresh, "we");
	if (f == NULL)
		return VC_ERR_SYS;
	(void)fprintf(f, "kind=%s\n", vc_kind_name(state->kind));
	for (size_t i = 0; i < VC_SECRETS; i++)
		print_secret(f, names[i], &state->secrets[i]);
	vc_text_hex(state->guid, VC_GUID_LEN, guid);
	(void)fprintf(f, "guid=%s\n", guid);
	if (fflush(f) != 0 || ferror(f) || rename(fresh, path) != 0)
		return VC_ERR_SYS;
	return VC_OK;
}
