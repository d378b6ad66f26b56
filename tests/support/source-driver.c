/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks a source of registry rows alone, without a builder: loads it as the
 * builder does and prints what it yields.
 *
 *     source-driver [OPTION...] NAME rows
 *     source-driver [OPTION...] NAME report TERMINAL SERIAL SECONDS
 *     source-driver [OPTION...] NAME status
 *     source-driver [OPTION...] NAME publish SERIAL <ROWS
 *     source-driver [OPTION...] NAME pins CARD SECONDS...
 *
 *     --policydir DIR --config-dir DIR --state-dir DIR --owner UID --timeout MS
 *
 * A row is printed, and read by publish, as one line for each value:
 * "KIND ID KEY=TEXT", or "KIND ID KEY:=HEX" when it is not plain text; a row
 * without values is "KIND ID". The last line is "status WORD", and the exit
 * status its number; 65 when there is no such source, 64 for a usage error.
 */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jukinet/policy.h>

#include "config.h"
#include "file.h"
#include "hex.h"
#include "plaintext.h"
#include "plugin.h"

#define EXIT_USAGE  64
#define EXIT_SOURCE 65

static const char *const status_names[] = { "SUCCESS", "NOTFOUND", "UNAVAIL",
	"TRYAGAIN" };

struct driver {
	const char *policydir;
	struct jukinet_policy_host host;
	unsigned errors;
};

/* The functions of the host. */

static void
print_value(const struct jukinet_policy_row *row,
    const struct jukinet_policy_value *value)
{
	const unsigned char *data = value->data;

	printf("%s %s %s", row->kind, row->id, value->key);
	if (jk_plaintext_fault(value->data, value->len) == NULL) {
		printf("=%.*s\n", (int)value->len, (const char *)value->data);
		return;
	}
	printf(":=");
	for (size_t i = 0; i < value->len; i++)
		printf("%02x", data[i]);
	printf("\n");
}

static int
on_row(void *ctx, const struct jukinet_policy_row *row)
{
	(void)ctx;
	if (row->n_values == 0)
		printf("%s %s\n", row->kind, row->id);
	for (size_t i = 0; i < row->n_values; i++)
		print_value(row, &row->values[i]);
	return ferror(stdout);
}

static void
on_serial(void *ctx, uint64_t serial)
{
	(void)ctx;
	printf("serial %llu\n", (unsigned long long)serial);
}

static int
on_applied(void *ctx, const struct jukinet_policy_applied *applied)
{
	(void)ctx;
	printf("applied %s %llu %lld\n", applied->terminal,
	    (unsigned long long)applied->serial, (long long)applied->at);
	return ferror(stdout);
}

static void
say(const char *what, const char *place, unsigned line, const char *text)
{
	fprintf(stderr, "%s: %s:%u: %s\n", what, place != NULL ? place : "-",
	    line, text);
}

static void
on_error(void *ctx, const char *place, unsigned line, const char *text)
{
	struct driver *driver = ctx;

	driver->errors++;
	say("error", place, line, text);
}

static void
on_warning(void *ctx, const char *place, unsigned line, const char *text)
{
	(void)ctx;
	say("warning", place, line, text);
}

/* Rows for publish(). */

struct rows {
	size_t n, room;
	struct jukinet_policy_row *row;
};

static void *
grow(void *p, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return p;
	*room = *room > 0 ? 2 * *room : 16;
	p = reallocarray(p, *room, size);
	if (p == NULL)
		abort();
	return p;
}

static void
add_value(struct jukinet_policy_row *row, const char *key, const void *data,
    size_t len)
{
	struct jukinet_policy_value *values;
	size_t room =
	    row->n_values & (row->n_values - 1) ? SIZE_MAX : row->n_values;

	values = (struct jukinet_policy_value *)(uintptr_t)row->values;
	values = grow(values, row->n_values, &room, sizeof(*values));
	values[row->n_values] = (struct jukinet_policy_value){
		.key = key,
		.data = data,
		.len = len,
	};
	row->values = values;
	row->n_values++;
}

/* "KEY=TEXT" or "KEY:=HEX"; the line stays in memory for good. */
static int
read_value(struct jukinet_policy_row *row, char *pair)
{
	char *equals = strchr(pair, '=');
	uint8_t *data;
	size_t n;

	if (equals == NULL || equals == pair)
		return -1;
	*equals = '\0';
	if (equals[-1] != ':') {
		add_value(row, pair, equals + 1, strlen(equals + 1));
		return 0;
	}
	equals[-1] = '\0';
	n = strlen(equals + 1) / 2;
	data = malloc(n + 1);
	if (data == NULL || jk_hex_decode(equals + 1, data, n) != JK_OK) {
		free(data);
		return -1;
	}
	add_value(row, pair, data, n);
	return 0;
}

static int
read_line(struct rows *rows, char *line)
{
	char *id = strchr(line, ' '), *pair;
	struct jukinet_policy_row *last;

	if (id == NULL)
		return -1;
	*id++ = '\0';
	pair = strchr(id, ' ');
	if (pair != NULL)
		*pair++ = '\0';
	last = rows->n > 0 ? &rows->row[rows->n - 1] : NULL;
	if (last == NULL || strcmp(last->kind, line) != 0 ||
	    strcmp(last->id, id) != 0) {
		rows->row =
		    grow(rows->row, rows->n, &rows->room, sizeof(*rows->row));
		last = &rows->row[rows->n++];
		*last = (struct jukinet_policy_row){
			.kind = line,
			.id = id,
			.place = "stdin",
		};
	}
	return pair != NULL ? read_value(last, pair) : 0;
}

static int
read_rows(struct rows *rows)
{
	unsigned number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) > 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (read_line(rows, line) != 0) {
			fprintf(stderr, "stdin:%u: not a row\n", number);
			return -1;
		}
		/* What was read is borrowed by the rows. */
		line = NULL;
		size = 0;
	}
	free(line);
	return 0;
}

/* The commands. */

static bool
number(const char *text, unsigned long long *ret)
{
	char *end;

	*ret = strtoull(text, &end, 10);
	return isdigit((unsigned char)text[0]) && *end == '\0';
}

static int
publish(struct driver *driver, const struct jukinet_policy_source *source,
    unsigned long long serial)
{
	static struct rows rows;

	if (read_rows(&rows) != 0)
		return -1;
	return source->publish(&driver->host, rows.row, rows.n, serial);
}

static int
pins(struct driver *driver, const struct jukinet_policy_source *source,
    int argc, char *argv[])
{
	struct jukinet_policy_pin given[16];
	unsigned long long at;
	size_t n = 0;

	for (; argc >= 2 && n < JK_COUNT(given); argc -= 2, argv += 2) {
		if (!number(argv[1], &at))
			return -1;
		given[n++] = (struct jukinet_policy_pin){ .card = argv[0],
			.changed = (int64_t)at };
	}
	return argc > 0 ? -1 : jk_source_pins(source)(&driver->host, given, n);
}

/* -1: usage. */
static int
run(struct driver *driver, const struct jukinet_policy_source *source, int argc,
    char *argv[])
{
	struct jukinet_policy_applied applied;
	unsigned long long serial, at;

	if (argc == 1 && strcmp(argv[0], "rows") == 0)
		return source->rows(&driver->host);
	if (argc == 1 && strcmp(argv[0], "status") == 0 &&
	    source->status != NULL)
		return source->status(&driver->host);
	if (argc == 4 && strcmp(argv[0], "report") == 0 &&
	    source->report != NULL && number(argv[2], &serial) &&
	    number(argv[3], &at)) {
		applied = (struct jukinet_policy_applied){ argv[1], serial,
			(int64_t)at };
		return source->report(&driver->host, &applied);
	}
	if (argc == 2 && strcmp(argv[0], "publish") == 0 &&
	    source->publish != NULL && number(argv[1], &serial))
		return publish(driver, source, serial);
	if (argc > 1 && strcmp(argv[0], "pins") == 0 &&
	    jk_source_pins(source) != NULL)
		return pins(driver, source, argc - 1, argv + 1);
	return -1;
}

static bool
take_option(struct driver *driver, int option)
{
	unsigned long long value = 0;

	switch (option) {
	case 'p':
		driver->policydir = optarg;
		return true;
	case 'c':
		driver->host.config_dir = optarg;
		return true;
	case 's':
		driver->host.state_dir = optarg;
		return true;
	case 'o':
		driver->host.owner = (uint32_t)strtoul(optarg, NULL, 10);
		return number(optarg, &value);
	case 't':
		driver->host.timeout_ms = (int)strtoul(optarg, NULL, 10);
		return number(optarg, &value);
	default:
		return false;
	}
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: source-driver [OPTION...] NAME rows | status |\n"
	    "           report TERMINAL SERIAL SECONDS | publish SERIAL |\n"
	    "           pins CARD SECONDS...\n");
	return EXIT_USAGE;
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "policydir", required_argument, NULL, 'p' },
		{ "config-dir", required_argument, NULL, 'c' },
		{ "state-dir", required_argument, NULL, 's' },
		{ "owner", required_argument, NULL, 'o' },
		{ "timeout", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	struct driver driver = {
		.policydir = JK_POLICY_DIR,
		.host = {
			.version = JUKINET_POLICY_VERSION,
			.size = sizeof(driver.host),
			.config_dir = JK_CONFIG_DIR,
			.state_dir = JK_SNAPSHOT_DIR,
			.timeout_ms = 60000,
			.ctx = &driver,
			.yield = on_row,
			.serial = on_serial,
			.applied = on_applied,
			.error = on_error,
			.warning = on_warning,
		},
	};
	const struct jukinet_policy_source *source = NULL;
	struct jk_file_fault fault = { 0 };
	int option, status;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (!take_option(&driver, option))
			return usage();
	if (argc - optind < 2)
		return usage();
	if (jk_plugin_load(driver.policydir, argv[optind], driver.host.owner,
	        &source, &fault) != JK_OK) {
		fprintf(stderr, "source-driver: %s\n", fault.text);
		return EXIT_SOURCE;
	}
	status = run(&driver, source, argc - optind - 1, argv + optind + 1);
	if (status < 0)
		return usage();
	printf("status %s\n", (size_t)status < JK_COUNT(status_names)
	                          ? status_names[status]
	                          : "?");
	return fflush(stdout) == 0 ? status : 1;
}
