/* SPDX-License-Identifier: BSD-2-Clause */
#include "daybook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "clock.h"
#include "hex.h"
#include "say.h"
#include "tr.h"

/* More than any day of work writes. */
#define FILE_MAX (JK_DAYBOOK_MAX * 1024)

void
jk_page_begin(struct jk_page *page, const char *purpose, const char *reception,
    const struct jukinet_holder *holder)
{
	*page = (struct jk_page){ .begun = jk_real_s(), .holder = *holder };
	(void)snprintf(page->purpose, sizeof(page->purpose), "%s", purpose);
	(void)snprintf(page->reception, sizeof(page->reception), "%s",
	    reception != NULL ? reception : "");
}

void
jk_page_text(const struct jk_page *p, char ret[static JUKINET_TEXT + 1])
{
	(void)snprintf(ret, JUKINET_TEXT + 1,
	    _("%s %s: %llu lookups (%llu refused), %llu persons"), p->purpose,
	    p->reception, (unsigned long long)p->lookups,
	    (unsigned long long)p->denied, (unsigned long long)p->persons);
}

/* Of its own session; the id is jukinetd's, and never a path. */
static enum jk_err
open_book(const char *session, int flags, int *ret)
{
	const char *directory = secure_getenv("XDG_RUNTIME_DIR");
	char path[256];
	struct stat st;
	int fd, n;

	if (directory == NULL || directory[0] != '/' ||
	    !jk_id_is_valid(session))
		return JK_ERR_NOT_FOUND;
	n = snprintf(path, sizeof(path), "%s/jukinet-lookup.%s", directory,
	    session);
	if (n < 0 || (size_t)n >= sizeof(path))
		return JK_ERR_TOO_BIG;
	fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 022) != 0 ||
	    st.st_size > FILE_MAX) {
		close(fd);
		return JK_ERR_UNSAFE;
	}
	*ret = fd;
	return JK_OK;
}

static enum jk_err
write_line(int fd, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	enum jk_err e = JK_ERR_NOMEM;
	size_t len;

	if (text != NULL) {
		/* One write, so that two programs do not mix their lines. */
		len = strlen(text);
		text[len] = '\n';
		e = write(fd, text, len + 1) == (ssize_t)len + 1 ? JK_OK
		                                                 : JK_ERR_SYS;
	}
	free(text);
	return e;
}

enum jk_err
jk_daybook_keep(const struct jk_page *p)
{
	json_t *o;
	int fd;
	enum jk_err e;

	if (p->lookups == 0)
		return JK_OK;
	e = open_book(p->holder.session, O_WRONLY | O_CREAT | O_APPEND, &fd);
	if (e != JK_OK)
		return e;
	o = json_object();
	jk_say_put(o, "use", p->holder.use);
	jk_say_put(o, "terminal", p->holder.terminal);
	jk_say_put(o, "person", p->holder.person);
	jk_say_put(o, "right", p->holder.right);
	jk_say_put(o, "purpose", p->purpose);
	jk_say_put(o, "reception", p->reception);
	jk_say_put_number(o, "begun", (uint64_t)p->begun);
	jk_say_put_number(o, "lookups", p->lookups);
	jk_say_put_number(o, "denied", p->denied);
	jk_say_put_number(o, "persons", p->persons);
	json_object_set_new(o, "done", json_boolean(p->done));
	e = write_line(fd, o);
	json_decref(o);
	close(fd);
	return e;
}

static void
get(const json_t *o, const char *name, char *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(o, name));

	(void)snprintf(ret, size, "%s", text != NULL ? text : "");
}

static uint64_t
get_number(const json_t *o, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(o, name));

	return n < 0 || n > UINT32_MAX * INT64_C(1000) ? 0 : (uint64_t)n;
}

static void
read_page(const json_t *o, const char *session, struct jk_page *p)
{
	*p = (struct jk_page){
		.begun = (int64_t)get_number(o, "begun"),
		.lookups = get_number(o, "lookups"),
		.denied = get_number(o, "denied"),
		.persons = get_number(o, "persons"),
		.done = json_is_true(json_object_get(o, "done")),
	};
	(void)snprintf(p->holder.session, sizeof(p->holder.session), "%s",
	    session);
	get(o, "use", p->holder.use, sizeof(p->holder.use));
	get(o, "terminal", p->holder.terminal, sizeof(p->holder.terminal));
	get(o, "person", p->holder.person, sizeof(p->holder.person));
	get(o, "right", p->holder.right, sizeof(p->holder.right));
	get(o, "purpose", p->purpose, sizeof(p->purpose));
	get(o, "reception", p->reception, sizeof(p->reception));
}

/* "closed": all before it have their entry. */
static void
read_lines(char *text, const char *session, struct jk_daybook *ret)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		if (json_is_true(json_object_get(o, "closed")))
			ret->n = 0;
		else if (json_is_object(o) && ret->n < JK_DAYBOOK_MAX &&
		         !json_is_true(json_object_get(o, "done")))
			read_page(o, session, &ret->page[ret->n++]);
		json_decref(o);
	}
}

enum jk_err
jk_daybook_read(const char *session, struct jk_daybook *ret)
{
	char *text;
	size_t len = 0;
	ssize_t n;
	int fd;
	enum jk_err e;

	ret->n = 0;
	e = open_book(session, O_RDONLY, &fd);
	if (e != JK_OK)
		return e;
	text = calloc(1, FILE_MAX + 1);
	while (text != NULL && len < FILE_MAX &&
	       (n = read(fd, text + len, FILE_MAX - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (text == NULL)
		return JK_ERR_NOMEM;
	read_lines(text, session, ret);
	free(text);
	return JK_OK;
}

void
jk_daybook_close(const char *session)
{
	json_t *o;
	int fd;

	if (open_book(session, O_WRONLY | O_APPEND, &fd) != JK_OK)
		return;
	o = json_pack("{s:b}", "closed", 1);
	(void)write_line(fd, o);
	json_decref(o);
	close(fd);
}
