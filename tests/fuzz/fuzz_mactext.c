/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text under a MAC, of whatever an application may say: 'k' or another byte
 * (with a key or without), then values with a NUL between them. What comes out
 * is a line for each in its order, and can be read in one way only.
 */
#include <stdlib.h>
#include <string.h>

#include "mactext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FIRST "jukinet-receipt/2\n"
#define HEX   "0123456789abcdef"

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static struct jk_keyring *
make_ring(void)
{
	struct jk_office_key key = { .id = "r1",
		.use = JK_KEY_RECEIPT,
		.from = 1700000000,
		.keep_years = 7 };
	struct jk_keyring *ring = NULL;

	memset(key.bytes, 7, sizeof(key.bytes));
	need(jk_key_seal(&key) == JK_OK);
	need(jk_keyring_new(&ring) == JK_OK);
	need(jk_keyring_add(ring, &key) == JK_OK);
	return ring;
}

/* Each in memory of its own size. What is behind the last line is left out. */
static void
read_values(const char *at, size_t len, struct jk_mac_of *ret)
{
	for (size_t i = 0; i < JK_MAC_LINES && len > 0; i++) {
		const size_t n = strnlen(at, len);

		ret->value[i] = strndup(at, n);
		need(ret->value[i] != NULL);
		at += n < len ? n + 1 : n;
		len -= n < len ? n + 1 : n;
	}
}

/* Cuts the text up where its lines end. */
static void
read_text(char *text, struct jk_mac_of *ret)
{
	char *at = text + strlen(FIRST);

	need(strncmp(text, FIRST, strlen(FIRST)) == 0);
	for (size_t i = 0; i < JK_MAC_LINES; i++) {
		char *end = strchr(at, '\n');
		const char *name = i == JK_MAC_SUBJECT
		                       ? "subject"
		                       : jk_mac_line_name((enum jk_mac_line)i);
		const size_t n = strlen(name);

		need(end != NULL && strncmp(at, name, n) == 0 && at[n] == '=');
		*end = '\0';
		ret->value[i] = at + n + 1;
		at = end + 1;
	}
	need(*at == '\0');
}

static bool
is_hashed(size_t line)
{
	return line == JK_MAC_SUBJECT || line == JK_MAC_GROUNDS ||
	       line == JK_MAC_REQUIREMENT;
}

/* What stands in a line is what was said, or a hash of it. */
static void
check_line(size_t line, bool has_key, const char *said, const char *stands)
{
	if (said == NULL)
		said = "";
	for (const char *c = stands; *c != '\0'; c++)
		need((unsigned char)*c >= 0x20 && *c != 0x7f);
	if (has_key && is_hashed(line) && said[0] != '\0')
		need(strncmp(stands, "r1:", 3) == 0 &&
		     strlen(stands) == 3 + 32 && strspn(stands + 3, HEX) == 32);
	else if (has_key && line == JK_MAC_COUNT && strcmp(said, "0") == 0)
		need(stands[0] == '\0');
	else
		need(strcmp(said, stands) == 0);
}

static void
check(struct jk_keyring *ring, const struct jk_mac_of *of)
{
	char text[JK_MAC_TEXT_MAX], lines[JK_MAC_TEXT_MAX],
	    again[JK_MAC_TEXT_MAX];
	struct jk_mac_of stands = { 0 };
	const enum jk_err e = jk_mac_text(ring, 0, of, text);

	need(e == JK_OK || e == JK_ERR_FORMAT || e == JK_ERR_TOO_BIG);
	if (e != JK_OK)
		return;
	memcpy(lines, text, strlen(text) + 1);
	read_text(lines, &stands);
	for (size_t i = 0; i < JK_MAC_LINES; i++)
		check_line(i, ring != NULL, of->value[i], stands.value[i]);
	need(jk_mac_text(NULL, 0, &stands, again) == JK_OK);
	need(strcmp(text, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_keyring *ring = NULL;
	struct jk_mac_of of = { 0 };

	if (len == 0)
		return 0;
	if (data[0] == 'k')
		ring = make_ring();
	read_values((const char *)data + 1, len - 1, &of);
	check(ring, &of);
	jk_keyring_free(&ring);
	for (size_t i = 0; i < JK_MAC_LINES; i++)
		free((char *)(uintptr_t)of.value[i]);
	return 0;
}
