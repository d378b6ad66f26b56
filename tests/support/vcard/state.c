/* SPDX-License-Identifier: BSD-2-Clause */
#include "state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define PIN_MIN 4

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
vc_state_parse_pin(const char *word, uint8_t ret[VC_PIN_LEN])
{
	size_t len = strlen(word);

	if (len < PIN_MIN || len > VC_PIN_LEN)
		return VC_ERR_RANGE;
	for (size_t i = 0; i < len; i++)
		if (word[i] <= ' ' || word[i] > '~')
			return VC_ERR_FORMAT;
	memset(ret, 0xff, VC_PIN_LEN);
	memcpy(ret, word, len);
	return VC_OK;
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

static enum vc_err
take_line(struct vc_state *state, const char *key, const char *value)
{
	if (strcmp(key, "pin") == 0)
		return vc_state_parse_pin(value, state->pin.value);
	if (strcmp(key, "puk") == 0)
		return vc_state_parse_pin(value, state->puk.value);
	if (strcmp(key, "pin-tries") == 0)
		return parse_tries(value, &state->pin.tries);
	if (strcmp(key, "puk-tries") == 0)
		return parse_tries(value, &state->puk.tries);
	if (strcmp(key, "pin-max") == 0)
		return parse_tries(value, &state->pin.max);
	if (strcmp(key, "puk-max") == 0)
		return parse_tries(value, &state->puk.max);
	if (strcmp(key, "guid") == 0)
		return vc_text_unhex(value, state->guid, VC_GUID_LEN);
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
	int len = 0;

	while (len < VC_PIN_LEN && s->value[len] != 0xff)
		len++;
	(void)fprintf(f, "%s=%.*s\n%s-tries=%u\n%s-max=%u\n", name, len,
	    (const char *)s->value, name, s->tries, name, s->max);
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
	print_secret(f, "pin", &state->pin);
	print_secret(f, "puk", &state->puk);
	vc_text_hex(state->guid, VC_GUID_LEN, guid);
	(void)fprintf(f, "guid=%s\n", guid);
	if (fflush(f) != 0 || ferror(f) || rename(fresh, path) != 0)
		return VC_ERR_SYS;
	return VC_OK;
}
