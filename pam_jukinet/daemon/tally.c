/* SPDX-License-Identifier: BSD-2-Clause */
#include "tally.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "hex.h"
#include "lock.h"
#include "process.h"
#include "rows.h"
#include "state.h"

#define MINUTES 61 /* the one that runs, and 60 before it */
/* Of one request: more than any limit, far less than a minute holds. */
#define COUNTED_MAX (UINT32_MAX / 4096)
#define LOCK_MS     500
/* No rate and burst make anybody owe more. */
#define OWED_MAX (INT64_C(86400) * 1000000)
static_assert(COUNTED_MAX > JK_BULK_MAX, "a limit could not be reached");

/* Anything that stands there is a count: nothing of it can be malformed. */
struct jk_tally_page {
	_Atomic int64_t due_us; /* when all that was taken is paid back */
	/* A minute since 1970 above, persons in it below. */
	_Atomic uint64_t minute[MINUTES];
	/* Of which boot both times are; 0: not known. */
	_Atomic uint64_t boot;
	_Atomic int64_t seen_us; /* when a conversation ran last */
};

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
jk_tally_close(struct jk_tally *tally)
{
	if (tally->page == NULL)
		return;
	atomic_store(&tally->page->seen_us, now_us());
	(void)munmap(tally->page, sizeof(*tally->page));
	tally->page = NULL;
}

/* Told apart by 60 random bits of its id. */
static enum jk_err
this_boot(uint64_t *ret)
{
	char id[JK_BOOT_ID_LEN + 1], digits[JK_BOOT_ID_LEN + 1];
	uint8_t bytes[sizeof(*ret)];
	size_t n = 0;
	enum jk_err e = jk_process_boot(id);

	if (e != JK_OK)
		return e;
	for (size_t i = 0; id[i] != '\0' && n < 2 * sizeof(bytes); i++)
		if (id[i] != '-')
			digits[n++] = id[i];
	digits[n] = '\0';
	e = jk_hex_decode(digits, bytes, sizeof(bytes));
	if (e == JK_OK)
		memcpy(ret, bytes, sizeof(bytes));
	return e;
}

/*
 * What was owed when a conversation ran last in the earlier boot: how long the
 * machine was off is not known, as its clock may have been set meanwhile.
 */
static int64_t
owed(const struct jk_tally_page *page)
{
	const int64_t due = atomic_load(&page->due_us);
	const int64_t seen = atomic_load(&page->seen_us);

	if (atomic_load(&page->boot) == 0 || seen < 0 || due <= seen)
		return 0;
	return due - seen < OWED_MAX ? due - seen : OWED_MAX;
}

/* Boot time begins anew with each boot: the first one to come sees to it. */
static enum jk_err
come_over(int keep_dir, const char *name, struct jk_tally_page *page)
{
	uint64_t boot = 0;
	enum jk_err e = this_boot(&boot);
	int64_t now;
	int lock;

	if (e != JK_OK || atomic_load(&page->boot) == boot)
		return e;
	e = jk_lock_take(keep_dir, name, jk_boot_ms() + LOCK_MS, &lock);
	if (e != JK_OK)
		return e;
	if (atomic_load(&page->boot) != boot) {
		now = now_us();
		atomic_store(&page->due_us, now + owed(page));
		atomic_store(&page->seen_us, now);
		atomic_store(&page->boot, boot);
	}
	close(lock);
	return JK_OK;
}

enum jk_err
jk_tally_open(int keep_dir, const char *person, struct jk_tally *ret)
{
	char name[sizeof("tally.") + JK_ID_MAX];
	struct jk_tally t = { 0 };
	void *page;
	enum jk_err e;
	int fd;

	if (!jk_row_id_is_valid(person))
		return JK_ERR_FORMAT;
	(void)snprintf(name, sizeof(name), "tally.%s", person);
	e = jk_state_map(keep_dir, name, sizeof(*t.page), &fd, &page);
	if (e != JK_OK)
		return e;
	close(fd);
	t.page = page;
	e = come_over(keep_dir, name, t.page);
	if (e == JK_OK)
		*ret = t;
	else
		(void)munmap(t.page, sizeof(*t.page));
	return e;
}

static int64_t
wait_at(int64_t due, int64_t now, unsigned rate, unsigned burst)
{
	const int64_t room =
	    (int64_t)1000000 * (burst > 0 ? burst - 1 : 0) / rate;
	/* What stands there may be anything, but nobody waits for ever. */
	const int64_t most = room + 1000000;

	if (due <= now + room)
		return 0;
	return due - now - room < most ? due - now - room : most;
}

/* As long ahead as anybody is made to wait, whatever was due. */
static int64_t
latest_at(int64_t now, unsigned rate, unsigned burst)
{
	return now + 2 * ((int64_t)1000000 * burst / rate + 1000000);
}

int64_t
jk_tally_wait_us(const struct jk_tally *tally, unsigned rate, unsigned burst)
{
	int64_t due, now, latest;

	if (rate == 0)
		return 0;
	due = atomic_load(&tally->page->due_us);
	now = now_us();
	atomic_store(&tally->page->seen_us, now);
	latest = latest_at(now, rate, burst) + 1000000 / rate;
	/* More than jk_tally_take() lets stand there: the rate was another. */
	if (due > latest &&
	    atomic_compare_exchange_strong(&tally->page->due_us, &due, latest))
		due = latest;
	return wait_at(due, now, rate, burst);
}

void
jk_tally_take(const struct jk_tally *tally, unsigned rate, unsigned burst)
{
	int64_t due, next, now;

	if (rate == 0)
		return;
	due = atomic_load(&tally->page->due_us);
	now = now_us();
	do {
		const int64_t latest = latest_at(now, rate, burst);

		next = due < now ? now : due > latest ? latest : due;
		next += 1000000 / rate;
	} while (
	    !atomic_compare_exchange_weak(&tally->page->due_us, &due, next));
	atomic_store(&tally->page->seen_us, now);
}

static uint32_t
minute_now(void)
{
	/* Of the clock on the wall, because a reboot must not be a way to begin
	 * anew. From 1: a page of zeros counts nothing. */
	return (uint32_t)(jk_real_s() / 60 + 1);
}

/* What is refused anyway must not fill a minute, and hide what comes beside. */
static uint32_t
countable(uint64_t persons)
{
	return persons > COUNTED_MAX ? COUNTED_MAX : (uint32_t)persons;
}

static uint64_t
total(const struct jk_tally *tally)
{
	const uint32_t now = minute_now();
	uint64_t sum = 0;

	for (size_t i = 0; i < MINUTES; i++) {
		const uint64_t slot = atomic_load(&tally->page->minute[i]);
		const uint32_t minute = (uint32_t)(slot >> 32);

		/* A clock that is set back takes nothing off. */
		if ((minute <= now ? now - minute : minute - now) < MINUTES)
			sum += (uint32_t)slot;
	}
	return sum;
}

uint64_t
jk_tally_add(struct jk_tally *tally, uint64_t persons)
{
	const uint32_t minute = minute_now(), n = countable(persons);
	_Atomic uint64_t *slot = &tally->page->minute[minute % MINUTES];
	uint64_t old = atomic_load(slot), next, sum;
	uint32_t before;

	do {
		before = old >> 32 == minute ? (uint32_t)old : 0;
		/* A minute is never more than full. */
		tally->added =
		    n > UINT32_MAX - before ? UINT32_MAX - before : n;
		next = (uint64_t)minute << 32 | (before + tally->added);
	} while (!atomic_compare_exchange_weak(slot, &old, next));
	tally->minute = minute;
	sum = total(tally);
	return sum > tally->added ? sum - tally->added : 0;
}

void
jk_tally_drop(struct jk_tally *tally)
{
	_Atomic uint64_t *slot = &tally->page->minute[tally->minute % MINUTES];
	uint64_t old = atomic_load(slot), next;

	do {
		/* An hour ago: it counts no more. */
		if (old >> 32 != tally->minute)
			break;
		next = (uint32_t)old > tally->added
		           ? old - tally->added
		           : (uint64_t)tally->minute << 32;
	} while (!atomic_compare_exchange_weak(slot, &old, next));
	tally->added = 0;
}
