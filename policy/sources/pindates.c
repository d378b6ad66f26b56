/* SPDX-License-Identifier: BSD-2-Clause */
#include "pindates.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "frame.h"
#include "ids.h"
#include "protocol.h"

/* A frame of one number has 13 bytes. */
#define FILE_MAX 32

#define NAME "pin."

/* What goes through the cards. */
struct reading {
	int dir;
	uid_t owner; /* of the directory, and so of all in it */
	int64_t now;
	/* How often, and the first card. */
	size_t n_bad, n_ahead;
	const char *bad, *ahead;
	enum jk_err why; /* of the first bad one */
};

static void
close_reading(struct reading *r)
{
	jk_fd_close(&r->dir);
}

void
jk_pindates_clear(struct jk_pindates *dates)
{
	free(dates->pin);
	*dates = (struct jk_pindates){ 0 };
}

/* The same number in a frame of its own: these bytes, and no others. */
static enum jk_err
check_bytes(const uint8_t *data, size_t len, uint64_t s)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	struct jk_cur ours;
	enum jk_err e = jk_frame_new(&f);

	if (e != JK_OK)
		return e;
	jk_frame_start(f, JK_FRAME_STATE_PIN);
	e = jk_frame_put_u64(f, JK_FIELD_REAL_S, s);
	if (e != JK_OK)
		return e;
	ours = jk_frame_bytes(f);
	return ours.left == len && memcmp(ours.at, data, len) == 0
	           ? JK_OK
	           : JK_ERR_FORMAT;
}

enum jk_err
jk_pindate_parse(const uint8_t *data, size_t len, int64_t *ret)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	uint64_t s;
	enum jk_err e;

	if (len > FILE_MAX)
		return JK_ERR_TOO_BIG;
	e = jk_frame_new(&f);
	if (e != JK_OK)
		return e;
	if (jk_frame_parse(f, data, len) != JK_OK ||
	    jk_frame_get_u64(f, JK_FIELD_REAL_S, &s) != JK_OK || s == 0 ||
	    s > INT64_MAX)
		return JK_ERR_FORMAT;
	e = check_bytes(data, len, s);
	if (e == JK_OK)
		*ret = (int64_t)s;
	return e;
}

/* A plain file of whom the directory belongs to, with no other name. */
static enum jk_err
check_file(const struct reading *r, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	return S_ISREG(st.st_mode) && st.st_uid == r->owner &&
	               st.st_nlink == 1 && (st.st_mode & 077) == 0
	           ? JK_OK
	           : JK_ERR_UNSAFE;
}

static enum jk_err
read_date(const struct reading *r, const char *card, int64_t *ret)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	char name[sizeof(NAME) + JK_ID_MAX];
	uint8_t data[FILE_MAX + 1];
	enum jk_err e;
	ssize_t n;

	if (!jk_row_id_is_valid(card))
		return JK_ERR_FORMAT;
	(void)snprintf(name, sizeof(name), NAME "%s", card);
	/* O_NONBLOCK: a FIFO must not hold us before it is seen to be one. */
	fd = openat(r->dir, name,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return JK_ERR_NOT_FOUND;
	if (fd < 0)
		return errno == ELOOP ? JK_ERR_UNSAFE : JK_ERR_SYS;
	e = check_file(r, fd);
	if (e != JK_OK)
		return e;
	n = read(fd, data, sizeof(data));
	return n < 0 ? JK_ERR_SYS : jk_pindate_parse(data, (size_t)n, ret);
}

/* A row has the minute. What the office has set is not the holder's before a
 * change, as jk_pin_last_set() has it. */
static bool
is_news(const struct jk_card *card, int64_t s)
{
	const int64_t minute = s - s % 60;

	return minute > card->pin_set ||
	       (card->pin_initial && minute == card->pin_set);
}

static void
count(size_t *n, const char **first, const char *card)
{
	if ((*n)++ == 0)
		*first = card;
}

/* True: *ret is to be handed over. */
static bool
take_card(struct reading *r, const struct jk_card *card,
    struct jukinet_policy_pin *ret)
{
	int64_t s = 0;
	const enum jk_err e = read_date(r, card->id, &s);

	if (e == JK_ERR_NOT_FOUND)
		return false;
	if (e != JK_OK) {
		if (r->n_bad == 0)
			r->why = e;
		count(&r->n_bad, &r->bad, card->id);
		return false;
	}
	if (s > r->now + JK_CLOCK_SKEW_S) {
		count(&r->n_ahead, &r->ahead, card->id);
		return false;
	}
	*ret = (struct jukinet_policy_pin){ .card = card->id, .changed = s };
	return is_news(card, s);
}

/* JK_ERR_NOT_FOUND: nothing was ever kept here. */
static enum jk_err
open_dir(const char *path, struct reading *r)
{
	struct stat st;

	r->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r->dir < 0)
		return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
	if (fstat(r->dir, &st) != 0)
		return JK_ERR_SYS;
	r->owner = st.st_uid;
	return (st.st_mode & 077) == 0 ? JK_OK : JK_ERR_UNSAFE;
}

static void
tell(const struct reading *r, const char *dir, struct jk_report *report)
{
	const struct jk_place place = { dir, 0 };

	if (r->n_bad > 0)
		jk_report_warning(report, place,
		    NAME "%s%s: %s: when this PIN was changed here is not "
		         "handed on",
		    r->bad, r->n_bad > 1 ? " and others" : "",
		    jk_err_text(r->why));
	if (r->n_ahead > 0)
		jk_report_warning(report, place,
		    NAME "%s%s: dated later than now, and not handed on: check "
		         "the clock",
		    r->ahead, r->n_ahead > 1 ? " and others" : "");
}

enum jk_err
jk_pindates_read(const char *dir, const struct jk_list *cards, int64_t now,
    struct jk_report *report, struct jk_pindates *ret)
{
	JK_CLEANUP(close_reading) struct reading r = { .dir = -1, .now = now };
	struct jk_pindates dates = { 0 };
	enum jk_err e = open_dir(dir, &r);

	if (e != JK_OK) {
		if (e != JK_ERR_NOT_FOUND)
			jk_report_warning(report, (struct jk_place){ dir, 0 },
			    "%s: the changes of PINs that were made here are "
			    "not handed on",
			    e == JK_ERR_SYS ? strerror(errno) : jk_err_text(e));
		return JK_OK;
	}
	dates.pin = calloc(cards->n + 1, sizeof(*dates.pin));
	if (dates.pin == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < cards->n; i++)
		dates.n +=
		    take_card(&r, jk_list_at(cards, i), &dates.pin[dates.n]);
	tell(&r, dir, report);
	*ret = dates;
	return JK_OK;
}
