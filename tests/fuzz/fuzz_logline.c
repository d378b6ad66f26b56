/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
same(const struct jk_record *a, const struct jk_record *b)
{
	for (enum jk_record_field f = 0; f < JK_REC_COUNT; f++)
		if (strcmp(a->value[f], b->value[f]) != 0)
			return false;
	return a->op == b->op && a->success == b->success &&
	       strcmp(a->terminal, b->terminal) == 0;
}

/* What was read can be written, and reads the same again. */
static void
check_round_trip(const struct jk_logline *line)
{
	static char again[JK_RECORD_LINE_MAX];
	static struct jk_logline other;
	char text[JK_RECORD_TEXT_MAX];
	int n;

	must(jk_record_encode(&line->record, text) == JK_OK);
	n = snprintf(again, sizeof(again),
	    "type=%s msg=audit(%lld.%03lld:%llu): pid=%d uid=%u auid=%u ses=1 "
	    "msg='%s exe=\"/x\" hostname=? addr=? terminal=%s res=%s'",
	    jk_op_type_name(line->record.op), (long long)line->ms / 1000,
	    (long long)line->ms % 1000, (unsigned long long)line->serial,
	    line->pid, line->uid, line->loginuid, text,
	    line->record.terminal[0] != '\0' ? line->record.terminal : "?",
	    line->record.success ? "success" : "failed");
	must(jk_logline_parse(again, (size_t)n, &other) == JK_OK);
	must(other.ms == line->ms && other.serial == line->serial);
	must(other.pid == line->pid && other.uid == line->uid);
	must(other.loginuid == line->loginuid);
	must(same(&other.record, &line->record));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct jk_logline line;
	const char *text = (const char *)data;
	enum jk_err e;

	line.serial = 42;
	line.text_at = 42;
	e = jk_logline_parse(text, len, &line);
	if (e != JK_OK) {
		must(e == JK_ERR_FORMAT || e == JK_ERR_NOT_FOUND);
		must(line.serial == 42 && line.text_at == 42);
		return 0;
	}
	must(line.pid >= 0 && line.text_at + line.text_len < len);
	must(memcmp(text + line.text_at, "op=juki:", 8) == 0);
	must(text[line.text_at + line.text_len] == '\'');
	check_round_trip(&line);
	return 0;
}
