/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of an application, as lines and as a browser frames them: whatever
 * comes, each is read or refused with a reason, and no text of it is longer than
 * what may be asked.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
read_one(const char *text, size_t len)
{
	struct jk_asking a;
	struct jk_fault f;

	need(len <= JK_LINE_MAX && text[len] == '\0');
	if (jk_request_read(text, len, &a, &f)) {
		need(a.what != JK_DO_NONE && f.error == NULL);
		need(a.what != JK_DO_QUERY ||
		     (a.action != NULL && a.business != NULL));
		need(a.code == NULL || strlen(a.code) <= 128);
		need(a.requirement == NULL || strlen(a.requirement) <= 512);
	} else {
		need(f.error != NULL && f.text != NULL);
		need(strlen(f.field) < sizeof(f.field));
	}
	jk_request_clear(&a);
}

static void
read_all(const uint8_t *data, size_t len, bool native)
{
	static char line[JK_LINE_MAX + 1];
	struct jk_lines in;
	enum jk_line l = JK_LINE_NONE;
	size_t n;
	int fd[2];

	need(pipe(fd) == 0);
	need(write(fd[1], data, len) == (ssize_t)len);
	close(fd[1]);
	need(jk_lines_open(fd[0], native, &in) == JK_OK);
	while (l != JK_LINE_END) {
		l = jk_lines_next(&in, line, &n);
		if (l == JK_LINE_WHOLE)
			read_one(line, n);
		else if (l == JK_LINE_NONE)
			jk_lines_read(&in);
	}
	jk_lines_close(&in);
	close(fd[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;

	if (!ready)
		jk_request_init();
	ready = true;
	if (len > 60000) /* what a pipe holds */
		return 0;
	read_all(data, len, false);
	read_all(data, len, true);
	return 0;
}
