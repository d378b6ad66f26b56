/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vocabulary of policy/record for a test that is no C program:
 *
 *   record-tool table          "op NAME TYPE" and "field NAME KIND MAX", a line
 *                              for each row of the two tables; MAX in bytes
 *   record-tool write < ROWS   each becomes a record of the kernel's audit
 *   record-tool read < LOG     each line of a log as our decoder reads it
 *
 * A row is "OP success|failed TERMINAL NAME=VALUE ...", TERMINAL and VALUE in
 * hexadecimal, "-" for no terminal. For each row write says "sent BYTES", the
 * length of the text that we made, or "refused NAME"; for each line read says
 * "SERIAL BYTES" and a row, BYTES being the whole text between the quotes, or
 * "bad", or "none" when it is not one of ours.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libaudit.h>

#include "hex.h"
#include "write.h"

#define ROW_MAX (JK_REC_COUNT * (2 * JK_RECORD_VALUE_MAX + 16) + 512)

JK_NORETURN static void
die(const char *what)
{
	fprintf(stderr, "record-tool: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* --- table ---------------------------------------------------------------- */

/* The longest value that is taken. */
static size_t
longest(enum jk_record_field field)
{
	char value[JK_RECORD_VALUE_MAX + 2];
	struct jk_record record = { 0 };
	size_t n = 0;

	while (n < sizeof(value) - 1) {
		value[n] = 'a';
		value[n + 1] = '\0';
		if (jk_record_set(&record, field, value) != JK_OK)
			break;
		n++;
	}
	return n;
}

static void
print_table(void)
{
	static const char *const kinds[] = {
#define X(id, text, kind) [id] = #kind,
		JK_RECORD_FIELD_TABLE(X)
#undef X
	};

	for (enum jk_op op = 0; op < JK_OP_COUNT; op++)
		printf("op %s %s\n", jk_op_name(op), jk_op_type_name(op));
	for (enum jk_record_field f = 0; f < JK_REC_COUNT; f++)
		printf("field %s %s %zu\n", jk_record_field_name(f), kinds[f],
		    longest(f));
}

/* --- write ---------------------------------------------------------------- */

static enum jk_op
find_op(const char *name)
{
	for (enum jk_op op = 0; op < JK_OP_COUNT; op++)
		if (strcmp(name, jk_op_name(op)) == 0)
			return op;
	die(name);
}

static enum jk_record_field
find_field(const char *name)
{
	for (enum jk_record_field f = 0; f < JK_REC_COUNT; f++)
		if (strcmp(name, jk_record_field_name(f)) == 0)
			return f;
	die(name);
}

/* As C has it: it ends at a NUL. */
static void
decode(const char *hex, char *ret, size_t size)
{
	const size_t n = strlen(hex) / 2;

	if (n >= size || jk_hex_decode(hex, (uint8_t *)ret, n) != JK_OK)
		die(hex);
	ret[n] = '\0';
}

static char *
next_word(char **rest)
{
	char *word = strsep(rest, " \n");

	if (word == NULL || *word == '\0')
		die("a row ends early");
	return word;
}

/* False: `*ret_name` was refused. */
static bool
take_row(char *line, struct jk_record *record, const char **ret_name)
{
	char value[JK_RECORD_VALUE_MAX + 16], *word;

	*record = (struct jk_record){ .op = find_op(next_word(&line)) };
	record->success = strcmp(next_word(&line), "success") == 0;
	word = next_word(&line);
	*ret_name = "terminal";
	if (strcmp(word, "-") != 0) {
		decode(word, value, sizeof(value));
		if (jk_record_set_terminal(record, value) != JK_OK)
			return false;
	}
	while ((word = strsep(&line, " \n")) != NULL && *word != '\0') {
		*ret_name = strsep(&word, "=");
		decode(word, value, sizeof(value));
		if (jk_record_set(record, find_field(*ret_name), value) !=
		    JK_OK)
			return false;
	}
	return true;
}

static void
write_rows(void)
{
	static char line[ROW_MAX], text[JK_RECORD_TEXT_MAX];
	const int fd = audit_open();
	struct jk_record record;
	const char *name;

	if (fd < 0)
		die("audit");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (!take_row(line, &record, &name)) {
			printf("refused %s\n", name);
			continue;
		}
		if (jk_record_encode(&record, text) != JK_OK ||
		    jk_record_send(fd, &record) != JK_OK)
			die("a record");
		printf("sent %zu\n", strlen(text));
	}
	audit_close(fd);
}

/* --- read ----------------------------------------------------------------- */

static void
print_hex(const char *text)
{
	char hex[2 * JK_RECORD_VALUE_MAX + 1];

	jk_hex_encode((const uint8_t *)text, strlen(text), hex);
	printf("%s", hex);
}

static void
print_row(const struct jk_logline *l)
{
	const struct jk_record *r = &l->record;

	printf("%llu %zu %s %s ", (unsigned long long)l->serial, l->text_len,
	    jk_op_name(r->op), r->success ? "success" : "failed");
	print_hex(r->terminal);
	if (r->terminal[0] == '\0')
		printf("-");
	for (enum jk_record_field f = 0; f < JK_REC_COUNT; f++)
		if (r->value[f][0] != '\0') {
			printf(" %s=", jk_record_field_name(f));
			print_hex(r->value[f]);
		}
	printf("\n");
}

static void
read_log(void)
{
	static struct jk_logline l;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) > 0) {
		enum jk_err e;

		if (line[n - 1] == '\n')
			n--;
		e = jk_logline_parse(line, (size_t)n, &l);
		if (e == JK_OK)
			print_row(&l);
		else
			printf(e == JK_ERR_NOT_FOUND ? "none\n" : "bad\n");
	}
	free(line);
}

int
main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "table") == 0)
		print_table();
	else if (strcmp(what, "write") == 0)
		write_rows();
	else if (strcmp(what, "read") == 0)
		read_log();
	else
		return 2;
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 2;
}
