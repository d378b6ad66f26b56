/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check-receipt: what a business server does with the MAC of an answer, as
 * jukinet-receipt(5) says. Needs neither jukinetd nor a session.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "hex.h"
#include "keyring.h"
#include "lines.h"
#include "lookup.h"
#include "residentcode.h"
#include "secret.h"

#define KEYS_TEXT_MAX (JK_KEYS_MAX * JK_KEY_TEXT_MAX)
#define TEXT_MAX      (JK_LINE_MAX + 1024)

/* The lines, in their order. */
static const char *const names[] = { "event", "id", "ms", "terminal", "session",
	"person", "right", "business", "action", "kind", "code", "count",
	"permission", "confirmer", "use", "reception" };

/* To its end, into locked memory. */
static bool
read_all(int fd, char *ret, size_t size, size_t *ret_len)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, ret + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*ret_len = len;
			return n == 0;
		}
		len += (size_t)n;
	}
	return false;
}

static enum jk_err
load_keys(const char *path, struct jk_keyring *ring)
{
	void *text;
	struct stat st;
	size_t len = 0;
	int fd;
	enum jk_err e = jk_locked_new(KEYS_TEXT_MAX, &text);

	if (e != JK_OK)
		return e;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		e = JK_ERR_SYS;
	else if ((st.st_mode & 077) != 0)
		e = JK_ERR_UNSAFE;
	else if (!read_all(fd, text, KEYS_TEXT_MAX, &len) || len == 0)
		e = JK_ERR_FORMAT;
	else
		e = jk_keyring_add_text(ring, text, len);
	if (fd >= 0)
		close(fd);
	jk_locked_free(text, KEYS_TEXT_MAX);
	return e;
}

/* "1795298607.548:3": the milliseconds stand in it. */
static void
read_ms(const char *event, char ret[static 32])
{
	unsigned long long s, ms;
	int end = 0;

	ret[0] = '\0';
	if (sscanf(event, "%12llu.%3llu:%n", &s, &ms, &end) == 2 && end > 0)
		(void)snprintf(ret, 32, "%llu%03llu", s, ms);
}

/* NULL: not a text, or a number where one stands. */
static const char *
value_of(const json_t *o, const char *name, char number[static 32])
{
	const json_t *value = json_object_get(o, name);

	if (value == NULL)
		return "";
	if (!json_is_integer(value))
		return json_string_value(value);
	(void)snprintf(number, 32, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(value));
	return number;
}

static bool
write_line(const json_t *o, const char *name, char *ret, size_t size,
    size_t *len)
{
	char code[JK_RESIDENTCODE_LEN + 1] = "", number[32];
	const char *value = value_of(o, name, number);
	const char *event;
	int n;

	if (value == NULL || strchr(value, '\n') != NULL)
		return false;
	if (strcmp(name, "code") == 0 && value[0] != '\0') {
		if (jk_residentcode_read(value, strlen(value), code) <
		    JK_RESIDENTCODE_ODD)
			return false;
		value = code;
	}
	event = json_string_value(json_object_get(o, "event"));
	if (strcmp(name, "ms") == 0 && value[0] == '\0' && event != NULL) {
		read_ms(event, number);
		value = number;
	}
	n = snprintf(ret + *len, size - *len, "%s=%s\n", name, value);
	explicit_bzero(code, sizeof(code));
	if (n < 0 || (size_t)n >= size - *len)
		return false;
	*len += (size_t)n;
	return true;
}

static bool
write_text(const json_t *o, char *ret, size_t size, size_t *ret_len)
{
	*ret_len = (size_t)snprintf(ret, size, "jukinet-receipt/1\n");
	for (size_t i = 0; i < JK_COUNT(names); i++)
		if (!write_line(o, names[i], ret, size, ret_len))
			return false;
	return true;
}

/* In constant time: whoever guesses learns nothing from how long it took. */
static bool
is_same(const uint8_t *a, const uint8_t *b, size_t len)
{
	unsigned different = 0;

	for (size_t i = 0; i < len; i++)
		different |= (unsigned)(a[i] ^ b[i]);
	return different == 0;
}

static int
check(const json_t *o, struct jk_keyring *ring, char *text)
{
	const char *mac = json_string_value(json_object_get(o, "mac"));
	const char *key = json_string_value(json_object_get(o, "mac-key"));
	uint8_t said[JK_KEYMAC_LEN], made[JK_KEYMAC_LEN];
	size_t i, len;

	if (mac == NULL || key == NULL ||
	    jk_hex_decode(mac, said, sizeof(said)) != JK_OK ||
	    !write_text(o, text, TEXT_MAX, &len))
		return jk_complain("%s", _("this is no answer with a MAC"));
	i = jk_keyring_find(ring, key);
	if (i == JK_KEYS_NONE ||
	    jk_keyring_at(ring, i)->use != JK_KEY_RECEIPT) {
		fprintf(stderr, "jukinet-lookup: %s\n",
		    _("the key of this MAC is not in the file"));
		return EXIT_DENIED;
	}
	if (jk_keyring_mac(ring, i, text, len, made) != JK_OK)
		return EXIT_LATER;
	if (!is_same(said, made, sizeof(said))) {
		fprintf(stderr, "jukinet-lookup: %s\n",
		    _("the MAC is wrong: this is no answer of jukinetd"));
		return EXIT_DENIED;
	}
	puts(_("the MAC is right"));
	return EXIT_ALLOWED;
}

static int
check_input(struct jk_keyring *ring)
{
	void *input = NULL, *text = NULL;
	json_t *o = NULL;
	size_t len;
	int status = EXIT_LATER;

	if (jk_locked_new(JK_LINE_MAX, &input) == JK_OK &&
	    jk_locked_new(TEXT_MAX, &text) == JK_OK) {
		if (read_all(STDIN_FILENO, input, JK_LINE_MAX, &len))
			o = json_loadb(input, len, JSON_REJECT_DUPLICATES,
			    NULL);
		status = json_is_object(o)
		             ? check(o, ring, text)
		             : jk_complain("%s", _("this is no answer with a "
		                                   "MAC"));
	}
	json_decref(o);
	jk_locked_free(input, JK_LINE_MAX);
	jk_locked_free(text, TEXT_MAX);
	return status;
}

int
jk_run_check_receipt(const struct jk_order *order)
{
	struct jk_keyring *ring = NULL;
	int status = EXIT_LATER;
	enum jk_err e;

	if (order->key == NULL)
		return jk_complain(_("--%s is missing or not what it has to "
		                     "be"),
		    "key");
	e = jk_keyring_new(&ring);
	if (e == JK_OK)
		e = load_keys(order->key, ring);
	if (e == JK_OK)
		status = check_input(ring);
	else
		status = jk_complain("%s: %s", order->key, jk_err_text(e));
	jk_keyring_free(&ring);
	return status;
}
