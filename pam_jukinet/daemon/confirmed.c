/* SPDX-License-Identifier: BSD-2-Clause */
#include "confirmed.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "frame.h"
#include "lock.h"
#include "log.h"
#include "protocol.h"
#include "reply.h"
#include "state.h"
#include "worker.h"

static_assert(JK_RECEPTION_MAX == 64 && JK_ID_MAX == 64, "as tell_one() reads");

#define PREFIX "confirmed."
/* Of all persons' files: of two who change one at a time none loses a line. */
#define LOCK       "confirmed"
#define LOCK_MS    2000
#define LINE_SIZE  (4 * (JK_ID_MAX + 1) + JK_RECEPTION_MAX + 1 + 2 * 24)
#define COUNT_SIZE 24

/* Where none was said, or where no line tells. */
#define NONE    "-"
#define UNKNOWN "?"

static void
file_name(const char *person, char ret[static sizeof(PREFIX) + JK_ID_MAX])
{
	(void)snprintf(ret, sizeof(PREFIX) + JK_ID_MAX, PREFIX "%s", person);
}

/* The lines that stand there; none where there is no such file. */
static enum jk_err
load(int dir, const char *name, struct jk_frame *f)
{
	enum jk_err e = jk_state_read(dir, name, f);

	if (e == JK_OK && jk_frame_type(f) == JK_FRAME_STATE_CONFIRMED)
		return JK_OK;
	jk_frame_start(f, JK_FRAME_STATE_CONFIRMED);
	return e == JK_ERR_NOT_FOUND ? JK_OK : JK_ERR_FORMAT;
}

static size_t
count(const struct jk_frame *f)
{
	struct jk_cur cur;
	size_t n = 0;

	while (jk_frame_get_nth(f, JK_FIELD_PARAM, n, &cur) == JK_OK)
		n++;
	return n;
}

static enum jk_err
add(struct jk_frame *f, const char *line)
{
	return count(f) < JK_CONFIRMED_MAX
	           ? jk_frame_put_str(f, JK_FIELD_PARAM, line)
	           : JK_ERR_TOO_BIG;
}

static void
write_count(const struct jk_query *q, char ret[static COUNT_SIZE])
{
	if (q->has_count)
		(void)snprintf(ret, COUNT_SIZE, "%llu",
		    (unsigned long long)q->count);
	else
		strcpy(ret, NONE);
}

static void
add_what(struct jk_params *p, const char *reception, const char *persons)
{
	jk_params_add(p, "reception", reception[0] != '\0' ? reception : NONE);
	jk_params_add(p, "persons", persons);
}

void
jk_confirmed_add(struct jk_params *p, const char *reception,
    const struct jk_query *q)
{
	char persons[COUNT_SIZE];

	write_count(q, persons);
	add_what(p, reception, persons);
}

/* Of a line without the last two nobody knows; without the last, there was none. */
enum jk_err
jk_confirmed_keep(int dir, const char *person, const char *asker,
    const char *terminal, const char *reception, const struct jk_query *q)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	JK_CLEANUP(jk_fd_close) int lock = -1;
	char name[sizeof(PREFIX) + JK_ID_MAX], line[LINE_SIZE];
	char persons[COUNT_SIZE];
	enum jk_err e;

	file_name(person, name);
	write_count(q, persons);
	(void)snprintf(line, sizeof(line), "%lld %s %s %s %s %s %s",
	    (long long)jk_real_s(), terminal, asker,
	    jk_word_id(&jk_businesses, q->business),
	    jk_word_id(&jk_actions, q->action), persons, reception);
	if ((e = jk_frame_new(&f)) != JK_OK ||
	    (e = jk_lock_take(dir, LOCK, jk_boot_ms() + LOCK_MS, &lock)) !=
	        JK_OK ||
	    (e = load(dir, name, f)) != JK_OK || (e = add(f, line)) != JK_OK)
		return e;
	return jk_state_keep(dir, name, f);
}

/* The person's name, or his id where the registry has him no more. */
static void
add_name(struct jk_worker *w, const char *asker, struct jk_params *p)
{
	struct jk_person person;

	if (w->place.snapshot != NULL &&
	    jk_snapshot_person(w->place.snapshot, asker, &person) == JK_OK)
		jk_params_add(p, "name", person.name);
	else
		jk_params_add(p, "name", asker);
}

/* A line that is none is passed over. */
static enum jk_err
tell_one(struct jk_worker *w, struct jk_cur cur)
{
	char line[LINE_SIZE], minute[17], terminal[JK_ID_MAX + 1];
	char asker[JK_ID_MAX + 1], business[JK_ID_MAX + 1];
	char action[JK_ID_MAX + 1], persons[COUNT_SIZE] = UNKNOWN;
	char reception[JK_RECEPTION_MAX + 1] = "";
	struct jk_params p = { 0 };
	long long s;
	int n;

	if (cur.left >= sizeof(line))
		return JK_OK;
	memcpy(line, cur.at, cur.left);
	line[cur.left] = '\0';
	n = sscanf(line, "%lld %64s %64s %64s %64s %23s %64s", &s, terminal,
	    asker, business, action, persons, reception);
	if (n < 5)
		return JK_OK;
	jk_time_format(s, minute);
	jk_params_add_date(&p, "date", s);
	jk_params_add(&p, "time", minute + strlen("YYYY-MM-DD "));
	add_name(w, asker, &p);
	jk_params_add(&p, "business", business);
	jk_params_add(&p, "action", action);
	add_what(&p, n == 5 ? UNKNOWN : reception, persons);
	return jk_reply_note(w, "confirm.shown", &p);
}

static enum jk_err
tell_more(struct jk_worker *w, size_t n)
{
	struct jk_params p = { 0 };

	jk_params_add_number(&p, "n", n);
	return jk_reply_note(w, "confirm.more", &p);
}

/* Nothing here waits for anybody while it has the lock: to send does not. */
void
jk_confirmed_tell(struct jk_worker *w, const char *person)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	JK_CLEANUP(jk_fd_close) int lock = -1;
	char name[sizeof(PREFIX) + JK_ID_MAX];
	struct jk_cur cur;
	size_t n, first;
	enum jk_err e = JK_OK;

	/* Who has asked for silence is shown nothing: the next login is. */
	if ((w->claim.flags & JK_FLAG_SILENT) != 0)
		return;
	file_name(person, name);
	if (jk_frame_new(&f) != JK_OK ||
	    jk_lock_take(w->keep_dir, LOCK, jk_boot_ms() + LOCK_MS, &lock) !=
	        JK_OK ||
	    jk_state_read(w->keep_dir, name, f) != JK_OK)
		return;
	n = count(f);
	first = n > JK_CONFIRMED_TOLD ? n - JK_CONFIRMED_TOLD : 0;
	if (first > 0)
		e = tell_more(w, first);
	for (size_t i = first; i < n && e == JK_OK; i++)
		if (jk_frame_get_nth(f, JK_FIELD_PARAM, i, &cur) == JK_OK)
			e = tell_one(w, cur);
	if (e == JK_OK)
		(void)jk_state_remove(w->keep_dir, name);
}
