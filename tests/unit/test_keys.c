/* SPDX-License-Identifier: BSD-2-Clause */
/* The office's keys: what is read, what is refused, and what they make of a code. */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "keys.h"
#include "log.h"
#include "scratch.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

#define CODE "12345678903"
#define DAY  86400
#define THEN INT64_C(1700000000)

/*
 * With a key of the bytes 0 to 31, and of 1 to 32, by python3:
 *
 *     import hashlib, hmac
 *     for n in 0, 1:
 *         print(hmac.new(bytes(range(n, n + 32)),
 *             b"jukinet/resident-code/1\0" + b"12345678903",
 *             hashlib.sha256).hexdigest()[:32])
 *     lines = ["%s=\n" % name for name in "id terminal session person right "
 *         "use purpose reception grounds business action search subject count "
 *         "permission object requirement confirmer".split()]
 *     print(hmac.new(bytes(range(32)), ("jukinet-receipt/2\nevent=kernel\n"
 *         + "".join(lines)).encode(), hashlib.sha256).hexdigest())
 */
#define SUBJECT_0 "e3f1d6781553af98303f5718f759deba"
#define SUBJECT_1 "68928f61e0df24de206adac79ee289c3"
#define RECEIPT_0 \
	"c17042811a8691aef9015f6c5d4c0d24910c23cbe6c83cf8c581e2150d0bbe53"
/*
 * And of the file of key k1:
 *
 *     body = ("jukinet-key 1\nid k1\nkind subject\nfrom 1700000000\n"
 *         "keep-years 7\nkey " + bytes(range(32)).hex() + "\n")
 *     print(hmac.new(bytes(range(32)),
 *         b"jukinet/key-file/1\0" + body.encode(),
 *         hashlib.sha256).hexdigest())
 */
static const char file_0[] = "jukinet-key 1\n"
                             "id k1\n"
                             "kind subject\n"
                             "from 1700000000\n"
                             "keep-years 7\n"
                             "key 000102030405060708090a0b0c0d0e0f"
                             "101112131415161718191a1b1c1d1e1f\n"
                             "check 050dc0df10e50db2eb633e686d484f87"
                             "868674f8d78e64bfa22b8deff5e23d8e\n";

static struct jk_office_key
make(const char *id, int first, int64_t from)
{
	struct jk_office_key key = {
		.use = jk_key_id_use(id),
		.from = from,
		.keep_years = JK_KEY_YEARS,
	};

	strcpy(key.id, id);
	for (int i = 0; i < JK_KEY_LEN; i++)
		key.bytes[i] = (uint8_t)(first + i);
	assert_int_equal(jk_key_seal(&key), JK_OK);
	return key;
}

struct place {
	struct scratch keep;
	int keys;
};

static int
make_place(void **state)
{
	static struct place p;

	scratch_make(&p.keep);
	assert_int_equal(mkdirat(p.keep.dir, "keys", 0700), 0);
	p.keys = openat(p.keep.dir, "keys", O_RDONLY | O_DIRECTORY);
	assert_true(p.keys >= 0);
	*state = &p;
	return 0;
}

static int
remove_place(void **state)
{
	struct place *p = *state;
	struct scratch inner = { .dir = p->keys };

	strcpy(inner.path, p->keep.path);
	strcat(inner.path, "/keys");
	scratch_remove(&inner);
	scratch_remove(&p->keep);
	return 0;
}

static void
put(const struct place *p, const char *name, const void *text, size_t len)
{
	int fd = openat(p->keys, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void
put_key(const struct place *p, const struct jk_office_key *key)
{
	char text[JK_KEY_TEXT_MAX];

	assert_int_equal(jk_key_write(key, text), JK_OK);
	put(p, key->id, text, strlen(text));
}

static void
refuses(const struct place *p, enum jk_err why)
{
	struct jk_keys *keys = NULL;

	assert_int_equal(jk_keys_load(p->keep.dir, &keys), why);
	assert_null(keys);
}

static struct jk_keys *
load(const struct place *p)
{
	struct jk_keys *keys = NULL;

	assert_int_equal(jk_keys_load(p->keep.dir, &keys), JK_OK);
	return keys;
}

static enum jk_err
subject(const struct jk_keys *keys, const char *code, char *ret)
{
	return jk_keys_subject(keys, code, strlen(code), ret);
}

static void
test_subject_and_mac_are_as_computed_elsewhere(void **state)
{
	const struct place *p = *state;
	const struct jk_office_key receipt = make("r3", 0, THEN);
	const struct jk_mac_of of = { { [JK_MAC_EVENT] = "kernel" } };
	char text[JK_SUBJECT_MAX + 1], mac[65], key[JK_ID_MAX + 1];
	struct jk_keys *keys;

	put(p, "k1", file_0, strlen(file_0));
	keys = load(p);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(subject(keys, CODE, text), JK_OK);
		assert_string_equal(text, "k1:" SUBJECT_0);
	}
	assert_int_equal(subject(keys, "１２３４－５６７８－９０３", text),
	    JK_OK);
	assert_string_equal(text, "k1:" SUBJECT_0);
	assert_int_equal(jk_keys_mac(keys, &of, mac, key), JK_ERR_NOT_FOUND);
	jk_keys_free(&keys);
	assert_null(keys);
	assert_int_equal(unlinkat(p->keys, "k1", 0), 0);
	put_key(p, &receipt);
	keys = load(p);
	assert_int_equal(jk_keys_mac(keys, &of, mac, key), JK_OK);
	assert_string_equal(mac, RECEIPT_0);
	assert_string_equal(key, "r3");
	/* That of receipts is for nobody's code. */
	assert_int_equal(subject(keys, CODE, text), JK_ERR_NOT_FOUND);
	jk_keys_free(&keys);
}

static void
test_what_is_no_code_has_no_subject(void **state)
{
	const struct place *p = *state;
	char text[JK_SUBJECT_MAX + 1] = "untouched";
	struct jk_keys *keys;

	put(p, "k1", file_0, strlen(file_0));
	keys = load(p);
	assert_int_equal(subject(keys, "1234567890", text), JK_ERR_FORMAT);
	assert_int_equal(subject(keys, "", text), JK_ERR_FORMAT);
	assert_int_equal(subject(keys, "123456789018", text), JK_ERR_REFUSED);
	assert_string_equal(text, "untouched");
	/* A check digit that does not fit is no reason to refuse. */
	assert_int_equal(subject(keys, "12345678900", text), JK_OK);
	jk_keys_free(&keys);
}

/* The one that began last, as soon as it has. */
static void
test_key_in_use_is_told_by_the_time(void **state)
{
	const struct place *p = *state;
	const int64_t now = jk_real_s();
	struct jk_office_key old = make("k1", 0, THEN),
	                     next = make("k2", 1, now - 1),
	                     future = make("k2027", 2, now + DAY);
	char text[JK_SUBJECT_MAX + 1];
	struct jk_keys *keys;

	put_key(p, &future);
	keys = load(p);
	assert_int_equal(subject(keys, CODE, text), JK_ERR_NOT_FOUND);
	jk_keys_free(&keys);
	put_key(p, &old);
	keys = load(p);
	assert_int_equal(subject(keys, CODE, text), JK_OK);
	assert_string_equal(text, "k1:" SUBJECT_0);
	jk_keys_free(&keys);
	put_key(p, &next);
	keys = load(p);
	assert_int_equal(subject(keys, CODE, text), JK_OK);
	assert_string_equal(text, "k2:" SUBJECT_1);
	jk_keys_free(&keys);
}

static void
test_key_begins_within_a_conversation(void **state)
{
	const struct place *p = *state;
	struct jk_office_key old = make("k1", 0, THEN),
	                     next = make("k2", 1, jk_real_s() + 4);
	char text[JK_SUBJECT_MAX + 1] = "";
	const int64_t until = jk_boot_ms() + 60000;
	struct jk_keys *keys;

	put_key(p, &old);
	put_key(p, &next);
	keys = load(p);
	assert_int_equal(subject(keys, CODE, text), JK_OK);
	assert_string_equal(text, "k1:" SUBJECT_0);
	while (jk_boot_ms() < until && strncmp(text, "k1", 2) == 0) {
		(void)usleep(50000);
		assert_int_equal(subject(keys, CODE, text), JK_OK);
	}
	assert_string_equal(text, "k2:" SUBJECT_1);
	jk_keys_free(&keys);
}

/* --- keys that come while they are known ---------------------------------- */

/* As jukinetctl does: a file beside, renamed. */
static void
import(int dir, const struct jk_office_key *key)
{
	char text[JK_KEY_TEXT_MAX];
	int fd = openat(dir, ".fresh", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(jk_key_write(key, text), JK_OK);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(renameat(dir, ".fresh", dir, key->id), 0);
}

/* Where files are stamped by the tick, as everywhere before Linux 6.13. */
static int
import_within_ticks(const struct scratch *p)
{
	const struct jk_office_key old = make("k1", 0, THEN),
	                           next = make("k2", 1, THEN + DAY);
	struct stat first, second;
	unsigned at_once = 0;

	for (unsigned i = 0; i < 500; i++) {
		struct jk_keys_seen seen = { 0 };
		struct jk_keys *keys = NULL;
		char text[JK_SUBJECT_MAX + 1] = "";
		int dir;

		assert_int_equal(mkdirat(p->dir, "keys", 0700), 0);
		dir = openat(p->dir, "keys", O_RDONLY | O_DIRECTORY);
		import(dir, &old);
		jk_keys_look(p->dir, &keys, &seen);
		assert_int_equal(fstat(dir, &first), 0);
		import(dir, &next);
		assert_int_equal(fstat(dir, &second), 0);
		at_once += first.st_ctim.tv_nsec == second.st_ctim.tv_nsec;
		jk_keys_look(p->dir, &keys, &seen);
		assert_int_equal(subject(keys, CODE, text), JK_OK);
		jk_keys_free(&keys);
		if (strcmp(text, "k2:" SUBJECT_1) != 0)
			return 1;
		assert_int_equal(unlinkat(dir, "k1", 0), 0);
		assert_int_equal(unlinkat(dir, "k2", 0), 0);
		close(dir);
		assert_int_equal(unlinkat(p->dir, "keys", AT_REMOVEDIR), 0);
	}
	return at_once > 0 ? 0 : 2;
}

static void
test_key_that_comes_within_a_tick_is_not_missed(void **state)
{
	struct scratch p;
	int status;
	pid_t child;

	(void)state;
	scratch_make(&p);
	child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		    mount("none", p.path, "ramfs", 0, NULL) != 0)
			_exit(77);
		close(p.dir);
		p.dir = open(p.path, O_RDONLY | O_DIRECTORY);
		_exit(import_within_ticks(&p));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	scratch_remove(&p);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip(); /* no root */
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool
is_after(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* Loaded again as long as it has to be, and no longer: a lookup costs no files. */
static void
test_keys_are_known_when_the_tick_is_over(void **state)
{
	const struct place *p = *state;
	const struct jk_office_key old = make("k1", 0, THEN),
	                           other = make("k1", 1, THEN);
	unsigned early = 0;

	for (unsigned i = 0; i < 50; i++) {
		struct jk_keys_seen seen = { 0 };
		struct jk_keys *keys = NULL;
		char text[JK_SUBJECT_MAX + 1] = "";
		struct timespec now;

		import(p->keys, &old);
		jk_keys_look(p->keep.dir, &keys, &seen);
		(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
		/* In its place, so that the directory does not tell. */
		put_key(p, &other);
		if (!is_after(&now, &seen.dir.st_ctim)) {
			jk_keys_look(p->keep.dir, &keys, &seen);
			assert_int_equal(subject(keys, CODE, text), JK_OK);
			assert_string_equal(text, "k1:" SUBJECT_1);
			early++;
		}
		(void)usleep(12000);
		seen.is_known = false;
		jk_keys_look(p->keep.dir, &keys, &seen);
		put_key(p, &old);
		jk_keys_look(p->keep.dir, &keys, &seen);
		assert_int_equal(subject(keys, CODE, text), JK_OK);
		assert_string_equal(text, "k1:" SUBJECT_1);
		jk_keys_free(&keys);
	}
	assert_true(early > 0);
}

static void
test_no_directory_and_nothing_in_it_is_no_key(void **state)
{
	const struct place *p = *state;
	char text[JK_SUBJECT_MAX + 1];
	struct jk_keys *keys = load(p);

	assert_int_equal(subject(keys, CODE, text), JK_ERR_NOT_FOUND);
	jk_keys_free(&keys);
	assert_int_equal(unlinkat(p->keep.dir, "keys", AT_REMOVEDIR), 0);
	keys = load(p);
	assert_int_equal(subject(keys, CODE, text), JK_ERR_NOT_FOUND);
	jk_keys_free(&keys);
	assert_int_equal(mkdirat(p->keep.dir, "keys", 0700), 0);
}

static void
test_other_files_are_left_alone(void **state)
{
	const struct place *p = *state;
	struct jk_keys *keys;

	put(p, "k1", file_0, strlen(file_0));
	put(p, ".k2.0123456789abcdef", "half", 4);
	put(p, "terminal.pem", "-----BEGIN", 10);
	put(p, "k01", "x", 1);
	put(p, "k12345", "x", 1);
	keys = load(p);
	jk_keys_free(&keys);
}

static void
test_what_others_may_read_or_made_is_refused(void **state)
{
	const struct place *p = *state;

	put(p, "k1", file_0, strlen(file_0));
	assert_int_equal(fchmodat(p->keys, "k1", 0640, 0), 0);
	refuses(p, JK_ERR_UNSAFE);
	assert_int_equal(fchmodat(p->keys, "k1", 0600, 0), 0);
	assert_int_equal(linkat(p->keys, "k1", p->keys, "other", 0), 0);
	refuses(p, JK_ERR_UNSAFE);
	assert_int_equal(renameat(p->keys, "other", p->keys, "k1"), 0);
	assert_int_equal(unlinkat(p->keys, "other", 0), 0);
	assert_int_equal(renameat(p->keys, "k1", p->keys, "away"), 0);
	assert_int_equal(symlinkat("away", p->keys, "k1"), 0);
	refuses(p, JK_ERR_UNSAFE);
	assert_int_equal(unlinkat(p->keys, "k1", 0), 0);
	assert_int_equal(mkfifoat(p->keys, "k1", 0600), 0);
	refuses(p, JK_ERR_UNSAFE);
	assert_int_equal(renameat(p->keys, "away", p->keys, "k1"), 0);
	assert_int_equal(fchmod(p->keys, 0750), 0);
	refuses(p, JK_ERR_UNSAFE);
	assert_int_equal(fchmod(p->keys, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(p->keys, "k1", 1, 1, 0), 0);
		refuses(p, JK_ERR_UNSAFE);
		assert_int_equal(fchownat(p->keys, "k1", 0, 0, 0), 0);
		assert_int_equal(fchown(p->keys, 1, 1), 0);
		refuses(p, JK_ERR_UNSAFE);
		assert_int_equal(fchown(p->keys, 0, 0), 0);
	}
	assert_int_equal(renameat(p->keep.dir, "keys", p->keep.dir, "moved"),
	    0);
	assert_int_equal(symlinkat("moved", p->keep.dir, "keys"), 0);
	refuses(p, JK_ERR_UNSAFE);
	assert_int_equal(unlinkat(p->keep.dir, "keys", 0), 0);
	assert_int_equal(renameat(p->keep.dir, "moved", p->keep.dir, "keys"),
	    0);
}

/* Every half of it, and every bit of it that is not as it was written. */
static void
test_half_and_damaged_files_are_refused(void **state)
{
	const struct place *p = *state;
	char text[sizeof(file_0)];
	struct jk_keys *keys;

	for (size_t n = 0; n < strlen(file_0); n++) {
		put(p, "k1", file_0, n);
		refuses(p, JK_ERR_FORMAT);
	}
	for (size_t i = 0; i < strlen(file_0); i++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(text, file_0, sizeof(text));
			text[i] = (char)(text[i] ^ (1 << bit));
			put(p, "k1", text, strlen(file_0));
			refuses(p, JK_ERR_FORMAT);
		}
	/* More than one, or something behind it. */
	(void)snprintf(text, sizeof(text), "%s", file_0);
	put(p, "k1", file_0, sizeof(file_0));
	refuses(p, JK_ERR_FORMAT);
	put(p, "k1", file_0, strlen(file_0));
	keys = load(p);
	jk_keys_free(&keys);
}

static void
test_duplicates_are_refused(void **state)
{
	const struct place *p = *state;
	struct jk_office_key one = make("k1", 0, THEN), same_bytes,
	                     same_time = make("k2", 1, THEN);

	/* Under the name of another. */
	put(p, "k2", file_0, strlen(file_0));
	refuses(p, JK_ERR_FORMAT);
	put_key(p, &one);
	refuses(p, JK_ERR_FORMAT);
	assert_int_equal(unlinkat(p->keys, "k2", 0), 0);
	same_bytes = make("k2", 0, THEN + DAY);
	put_key(p, &same_bytes);
	refuses(p, JK_ERR_FORMAT);
	put_key(p, &same_time);
	refuses(p, JK_ERR_FORMAT);
}

static void
test_what_could_not_stand_in_a_file_is_not_written(void **state)
{
	char text[JK_KEY_TEXT_MAX];
	struct jk_office_key good = make("k2026", 0, THEN), key;

	(void)state;
	assert_int_equal(jk_key_write(&good, text), JK_OK);
	key = good, key.from = 0;
	assert_int_equal(jk_key_seal(&key), JK_ERR_FORMAT);
	key = good, key.keep_years = 0;
	assert_int_equal(jk_key_write(&key, text), JK_ERR_FORMAT);
	key = good, key.keep_years = 100;
	assert_int_equal(jk_key_write(&key, text), JK_ERR_FORMAT);
	key = good, key.use = JK_KEY_RECEIPT;
	assert_int_equal(jk_key_write(&key, text), JK_ERR_FORMAT);
	key = good, strcpy(key.id, "k0");
	assert_int_equal(jk_key_write(&key, text), JK_ERR_FORMAT);
}

static void
test_ring_has_an_end_and_its_order(void **state)
{
	struct jk_keyring *ring = NULL;
	char id[24];

	(void)state;
	assert_int_equal(jk_keyring_new(&ring), JK_OK);
	for (int i = JK_KEYS_MAX; i > 0; i--) {
		const struct jk_office_key key =
		    ((void)snprintf(id, sizeof(id), "k%d", i),
		        make(id, i, THEN + i * DAY));

		assert_int_equal(jk_keyring_add(ring, &key), JK_OK);
		assert_int_equal(jk_keyring_add(ring, &key), JK_ERR_EXISTS);
	}
	assert_int_equal(jk_keyring_count(ring), JK_KEYS_MAX);
	for (size_t i = 0; i < JK_KEYS_MAX; i++)
		assert_int_equal(jk_keyring_at(ring, i)->from,
		    THEN + (int64_t)(i + 1) * DAY);
	{
		const struct jk_office_key more = make("k99", 99, THEN);

		assert_int_equal(jk_keyring_add(ring, &more), JK_ERR_TOO_BIG);
	}
	jk_keyring_free(&ring);
}

/* Seven years from the day on which the next one was used. */
static void
test_keys_are_kept_for_years_after_they_were_replaced(void **state)
{
	/* 2026-04-01 and, by python3's calendar.timegm, 2033-04-01. */
	const int64_t replaced = INT64_C(1775001600),
	              until = INT64_C(1995926400);
	struct jk_office_key one = make("k1", 0, THEN),
	                     two = make("k2", 1, replaced),
	                     receipt = make("r1", 2, replaced + DAY);
	struct jk_keyring *ring = NULL;

	(void)state;
	assert_int_equal(jk_keyring_new(&ring), JK_OK);
	assert_int_equal(jk_keyring_add(ring, &receipt), JK_OK);
	assert_int_equal(jk_keyring_add(ring, &two), JK_OK);
	assert_int_equal(jk_keyring_add(ring, &one), JK_OK);
	assert_int_equal(jk_keyring_replaced(ring, 0), replaced);
	assert_int_equal(jk_keyring_kept_until(ring, 0), until);
	/* Nothing of its own kind follows. */
	assert_int_equal(jk_keyring_replaced(ring, 1), 0);
	assert_int_equal(jk_keyring_kept_until(ring, 1), 0);
	assert_int_equal(jk_keyring_kept_until(ring, 2), 0);
	jk_keyring_free(&ring);
}

/* What it costs a lookup; the limit is far off, for machines under load. */
static void
test_subject_is_quick(void **state)
{
	const struct place *p = *state;
	const int count = 20000;
	char text[JK_SUBJECT_MAX + 1];
	struct timespec a, b;
	struct jk_keys *keys;
	double us;

	put(p, "k1", file_0, strlen(file_0));
	keys = load(p);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int i = 0; i < count; i++)
		assert_int_equal(jk_keys_subject(keys, CODE, 11, text), JK_OK);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	us = ((double)(b.tv_sec - a.tv_sec) * 1e6 +
	         (double)(b.tv_nsec - a.tv_nsec) / 1e3) /
	     count;
	print_message("# a subject: %.2f us\n", us);
	assert_true(us < 20);
	jk_keys_free(&keys);
}

/* Where half a key lies in the memory that malloc() gives out; masked, so that
 * the needle is not found. */
static size_t
count_in_heap(const uint8_t needle[static JK_KEY_LEN])
{
	unsigned long start, end;
	char *line = NULL;
	size_t size = 0, found = 0;
	FILE *maps = fopen("/proc/self/maps", "re");

	assert_non_null(maps);
	while (getline(&line, &size, maps) > 0) {
		if (strstr(line, "[heap]") == NULL ||
		    sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		for (const uint8_t *at = (const uint8_t *)start;
		     at + JK_KEY_LEN <= (const uint8_t *)end; at++) {
			size_t n = 0;

			while (n < 16 && (at[n] ^ 0xa5) == needle[n])
				n++;
			found += n == 16;
		}
	}
	free(line);
	(void)fclose(maps);
	return found;
}

static void
test_nothing_of_a_key_stays(void **state)
{
	const struct place *p = *state;
	struct jk_office_key key = make("k1", 64, THEN);
	uint8_t needle[JK_KEY_LEN];
	char text[JK_SUBJECT_MAX + 1];
	struct jk_keys *keys;
	char *copy;

	if (SANITIZED) /* whose malloc() has no heap of that name */
		skip();
	for (size_t i = 0; i < sizeof(needle); i++)
		needle[i] = (uint8_t)(0xa5 ^ (64 + i));
	put_key(p, &key);
	keys = load(p);
	assert_int_equal(subject(keys, CODE, text), JK_OK);
	copy = malloc(sizeof(key.bytes) + 64);
	assert_non_null(copy);
	memcpy(copy + 64, key.bytes, sizeof(key.bytes));
	assert_true(count_in_heap(needle) > 0); /* it is not blind */
	explicit_bzero(copy, sizeof(key.bytes) + 64);
	free(copy);
	jk_keys_free(&keys);
	assert_int_equal(count_in_heap(needle), 0);
}

#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_subject_and_mac_are_as_computed_elsewhere),
		CASE(test_what_is_no_code_has_no_subject),
		CASE(test_key_in_use_is_told_by_the_time),
		CASE(test_key_begins_within_a_conversation),
		cmocka_unit_test(
		    test_key_that_comes_within_a_tick_is_not_missed),
		CASE(test_keys_are_known_when_the_tick_is_over),
		CASE(test_no_directory_and_nothing_in_it_is_no_key),
		CASE(test_other_files_are_left_alone),
		CASE(test_what_others_may_read_or_made_is_refused),
		CASE(test_half_and_damaged_files_are_refused),
		CASE(test_duplicates_are_refused),
		cmocka_unit_test(
		    test_what_could_not_stand_in_a_file_is_not_written),
		cmocka_unit_test(test_ring_has_an_end_and_its_order),
		cmocka_unit_test(
		    test_keys_are_kept_for_years_after_they_were_replaced),
		CASE(test_subject_is_quick),
		CASE(test_nothing_of_a_key_stays),
	};

	/* What it says of each of a thousand damaged files. */
	jk_log_to(open("/dev/null", O_WRONLY | O_CLOEXEC));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
