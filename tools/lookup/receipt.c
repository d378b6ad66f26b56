/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check-receipt: what a business server does with the MAC of an answer, as
 * jukinet-receipt(5) says. Needs neither jukinetd nor a session. Standard input
 * is what the application says; the command line is what the server knows.
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
#include "mactext.h"
#include "secret.h"

#define KEYS_TEXT_MAX (JK_KEYS_MAX * JK_KEY_TEXT_MAX)

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

/* NULL: not a text, or a number where one stands. */
static const char *
value_of(const json_t *value, char number[static 32])
{
	if (!json_is_integer(value))
		return json_string_value(value);
	(void)snprintf(number, 32, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(value));
	return number;
}

/* What is no line of the text would seem to be checked. */
static bool
read_lines(json_t *o, char number[static 32], struct jk_mac_of *ret)
{
	const char *name;
	json_t *value;

	json_object_foreach(o, name, value)
	{
		const enum jk_mac_line line = jk_mac_line_find(name);

		if (strcmp(name, "mac") == 0 || strcmp(name, "mac-key") == 0)
			continue;
		if (line == JK_MAC_LINES ||
		    (json_is_integer(value) && line != JK_MAC_COUNT))
			return false;
		ret->value[line] = value_of(value, number);
		if (ret->value[line] == NULL)
			return false;
	}
	return true;
}

/* False: the application says something else than the server knows. */
static bool
hold_against(const struct jk_order *o, struct jk_mac_of *of)
{
	const struct jk_mac_of known = { {
	    [JK_MAC_TERMINAL] = o->terminal,
	    [JK_MAC_PERSON] = o->person,
	    [JK_MAC_RIGHT] = o->right,
	    [JK_MAC_PURPOSE] = o->purpose,
	    [JK_MAC_RECEPTION] = o->reception,
	    [JK_MAC_BUSINESS] = o->business,
	    [JK_MAC_ACTION] = o->action,
	    [JK_MAC_SEARCH] = o->search,
	    [JK_MAC_COUNT] = o->count,
	    [JK_MAC_PERMISSION] = o->permission,
	    [JK_MAC_OBJECT] = o->object,
	    [JK_MAC_CONFIRMER] = o->confirmer,
	} };

	for (size_t i = 0; i < JK_MAC_LINES; i++) {
		const char *said = of->value[i];

		if (known.value[i] == NULL)
			continue;
		if (said != NULL && strcmp(said, known.value[i]) != 0) {
			fprintf(stderr,
			    _("jukinet-lookup: the receipt is not for this: "
			      "--%s\n"),
			    jk_mac_line_name((enum jk_mac_line)i));
			return false;
		}
		of->value[i] = known.value[i];
	}
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
compare(struct jk_keyring *ring, size_t key, const struct jk_mac_of *of,
    const uint8_t said[static JK_KEYMAC_LEN])
{
	char text[JK_MAC_TEXT_MAX];
	uint8_t made[JK_KEYMAC_LEN];
	enum jk_err e = jk_mac_text(ring, key, of, text);

	if (e == JK_ERR_FORMAT || e == JK_ERR_TOO_BIG)
		return jk_complain("%s", _("this is no answer with a MAC"));
	if (e == JK_OK)
		e = jk_keyring_mac(ring, key, text, strlen(text), made);
	if (e != JK_OK)
		return EXIT_LATER;
	if (!is_same(said, made, sizeof(made))) {
		fprintf(stderr, "jukinet-lookup: %s\n",
		    _("the MAC is wrong: jukinetd has not allowed this"));
		return EXIT_DENIED;
	}
	puts(_("the MAC is right"));
	return EXIT_ALLOWED;
}

static int
check(json_t *o, const struct jk_order *order, struct jk_keyring *ring)
{
	const char *mac = json_string_value(json_object_get(o, "mac"));
	const char *key = json_string_value(json_object_get(o, "mac-key"));
	struct jk_mac_of of = { 0 };
	uint8_t said[JK_KEYMAC_LEN];
	char number[32];
	size_t i;

	if (mac == NULL || key == NULL ||
	    jk_hex_decode(mac, said, sizeof(said)) != JK_OK ||
	    !read_lines(o, number, &of))
		return jk_complain("%s", _("this is no answer with a MAC"));
	if (!hold_against(order, &of))
		return EXIT_DENIED;
	i = jk_keyring_find(ring, key);
	if (i == JK_KEYS_NONE ||
	    jk_keyring_at(ring, i)->use != JK_KEY_RECEIPT) {
		fprintf(stderr, "jukinet-lookup: %s\n",
		    _("the key of this MAC is not in the file"));
		return EXIT_DENIED;
	}
	return compare(ring, i, &of, said);
}

static int
check_input(const struct jk_order *order, struct jk_keyring *ring)
{
	void *input = NULL;
	json_t *o = NULL;
	size_t len;
	int status = EXIT_LATER;

	if (jk_locked_new(JK_LINE_MAX, &input) == JK_OK) {
		if (read_all(STDIN_FILENO, input, JK_LINE_MAX, &len))
			o = json_loadb(input, len, JSON_REJECT_DUPLICATES,
			    NULL);
		status = json_is_object(o)
		             ? check(o, order, ring)
		             : jk_complain("%s", _("this is no answer with a "
		                                   "MAC"));
	}
	json_decref(o);
	jk_locked_free(input, JK_LINE_MAX);
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
	/* They would seem to be checked. */
	if (order->grounds || order->requirement)
		return jk_complain("%s", _("--grounds and --requirement are "
		                           "lines of ask: a receipt has "
		                           "them on standard input"));
	e = jk_keyring_new(&ring);
	if (e == JK_OK)
		e = load_keys(order->key, ring);
	if (e == JK_OK)
		status = check_input(order, ring);
	else
		status = jk_complain("%s: %s", order->key, jk_err_text(e));
	jk_keyring_free(&ring);
	return status;
}
