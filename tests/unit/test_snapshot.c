/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <cdb.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cert.h"
#include "file.h"
#include "format.h"
#include "private.h"
#include "writer.h"

#define PATH PRIVATE_DIR "/snapshot.cdb"

static const struct jk_edition edition = {
	.serial = 7,
	.registry = 12,
	.made_at = 100,
	.valid_until = 200,
};

static const uint8_t der[] = { 0x30, 0x82, 0x01, 0x02 };

static void
add(struct jk_list *list, const void *row)
{
	const struct jk_place place = { "x.conf", 1 };

	assert_int_equal(jk_list_add(list, place, row), JK_OK);
}

/* Of p1, apart from each other and among those of p2. */
static void
fill_approvals(struct jk_rowset *set)
{
	const struct jk_approval approvals[] = {
		{ .id = "v-1",
		    .person = "p1",
		    .by = "p2",
		    .valid = { 1, 101 } },
		{ .id = "v-2",
		    .person = "p2",
		    .by = "p1",
		    .valid = { 1, 100 } },
		{ .id = "over",
		    .person = "p1",
		    .by = "p2",
		    .valid = { 1, 100 } },
		{ .id = "a-3",
		    .kind = JK_APPROVAL_IDENTITY_INFO,
		    .person = "p1",
		    .by = "p2",
		    .terminal = "t1",
		    .valid = { 300, 400 },
		    .once = true,
		    .businesses = 1u << JK_BIZ_MOVING },
	};

	for (size_t i = 0; i < JK_COUNT(approvals); i++)
		add(&set->approval, &approvals[i]);
}

/* Two persons, of whom one has two operator IDs that stand apart. */
static void
fill(struct jk_rowset *set)
{
	const struct jk_person persons[] = {
		{ .id = "p1", .name = "A", .enabled = true },
		{ .id = "p2", .name = "B" },
	};
	const struct jk_opid opids[] = {
		{ .id = "z-1", .person = "p1", .type = "moving-desk" },
		{ .id = "m-2", .person = "p2", .type = "moving-desk" },
		{ .id = "a-3", .person = "p1", .type = "moving-desk" },
	};
	const struct jk_account accounts[] = {
		{ .name = "hanako",
		    .uid = 1000,
		    .n_persons = 1,
		    .person = { "p1" } },
		{ .name = "root",
		    .uid = 0,
		    .n_persons = 1,
		    .person = { "p1" } },
		{ .name = "counter",
		    .uid = 999,
		    .n_persons = 2,
		    .person = { "p2", "p1" } },
		{ .name = "gone",
		    .uid = JK_NO_UID,
		    .n_persons = 1,
		    .person = { "p1" } },
	};
	const struct jk_department department = { .id = "shimin",
		.name = "Citizens" };
	const struct jk_terminal terminal = { .id = "t1",
		.class = JK_CLASS_INTEGRATED };
	const struct jk_type type = { .id = "moving-desk", .number = 3 };
	const struct jk_card ordered = { .id = "c2",
		.person = "p1",
		.state = JK_CARD_REQUESTED };
	struct jk_card card = { .id = "c1",
		.person = "p1",
		.state = JK_CARD_ACTIVE,
		.cert_len = sizeof(der) };

	jk_rowset_init(set);
	strcpy(set->settings.settings.terminal, "t1");
	strcpy(set->policy.policy.version, "2026-11");
	set->policy.policy.class[JK_CLASS_CS].room_levels = jk_bit(2);
	fill_approvals(set);
	memcpy(card.cert, der, sizeof(der));
	for (size_t i = 0; i < JK_COUNT(persons); i++)
		add(&set->person, &persons[i]);
	for (size_t i = 0; i < JK_COUNT(opids); i++)
		add(&set->opid, &opids[i]);
	for (size_t i = 0; i < JK_COUNT(accounts); i++)
		add(&set->account, &accounts[i]);
	add(&set->department, &department);
	add(&set->card, &card);
	add(&set->card, &ordered);
	add(&set->terminal, &terminal);
	add(&set->type, &type);
}

static int
make_file(void)
{
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	int fd = memfd_create("snapshot", MFD_CLOEXEC);

	fill(&set);
	assert_return_code(fd, 0);
	assert_int_equal(jk_rowset_write(&set, &edition, fd), JK_OK);
	assert_int_equal(jk_rowset_verify(&set, &edition, fd), JK_OK);
	return fd;
}

static void
test_snapshot_gives_rows_back(void **state)
{
	int fd = make_file();
	struct jk_snapshot *s;
	char names[JK_ACCOUNTS_MAX][JK_ACCOUNT_MAX + 1];
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_account account;
	uint8_t digest[JK_DIGEST_LEN];
	struct jk_edition e;
	struct jk_card card;
	size_t n;

	(void)state;
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_OK);
	close(fd); /* the mapping stays */
	assert_int_equal(jk_snapshot_edition(s, &e), JK_OK);
	assert_int_equal(e.serial, 7);
	assert_int_equal(e.registry, 12);
	assert_int_equal(jk_snapshot_opids(s, "p1", opids, &n), JK_OK);
	assert_int_equal(n, 2);
	assert_string_equal(opids[0].id, "z-1");
	assert_string_equal(opids[1].id, "a-3");
	assert_int_equal(jk_snapshot_account_by_uid(s, 1000, &account), JK_OK);
	assert_string_equal(account.name, "hanako");
	/* In the order of the registry, without uid 0 and who is not here. */
	assert_int_equal(jk_snapshot_accounts_of(s, "p1", names, &n), JK_OK);
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "hanako");
	assert_string_equal(names[1], "counter");
	assert_int_equal(jk_snapshot_accounts_of(s, "p2", names, &n), JK_OK);
	assert_int_equal(n, 1);
	assert_string_equal(names[0], "counter");
	assert_int_equal(jk_sha256(der, sizeof(der), digest), JK_OK);
	assert_int_equal(jk_snapshot_card_by_cert(s, digest, &card), JK_OK);
	assert_string_equal(card.id, "c1");
	jk_snapshot_close(&s);
	assert_null(s);
	jk_snapshot_close(&s);
}

static void
test_snapshot_gives_policy_and_approvals_back(void **state)
{
	int fd = make_file();
	struct jk_snapshot *s;
	struct jk_approval approvals[JK_APPROVALS_MAX];
	struct jk_department department;
	struct jk_terminal terminal;
	struct jk_policy policy;
	size_t n = 5;

	(void)state;
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_OK);
	close(fd);
	assert_int_equal(jk_snapshot_policy(s, &policy), JK_OK);
	assert_string_equal(policy.version, "2026-11");
	assert_int_equal(policy.class[JK_CLASS_CS].room_levels, 4);
	assert_int_equal(jk_snapshot_department(s, "shimin", &department),
	    JK_OK);
	assert_string_equal(department.name, "Citizens");
	assert_int_equal(jk_snapshot_terminal(s, "t1", &terminal), JK_OK);
	assert_int_equal(terminal.class, JK_CLASS_INTEGRATED);
	/* Those that have ended when it is made are left out. */
	assert_int_equal(jk_snapshot_approvals(s, "p2", approvals, &n),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(n, 5);
	assert_int_equal(jk_snapshot_approvals(s, "p1", approvals, &n), JK_OK);
	assert_int_equal(n, 2);
	assert_string_equal(approvals[0].id, "v-1");
	assert_string_equal(approvals[1].id, "a-3");
	assert_string_equal(approvals[1].terminal, "t1");
	assert_true(approvals[1].once);
	jk_snapshot_close(&s);
}

static void
test_snapshot_absent_row_is_not_found_and_changes_nothing(void **state)
{
	const uint8_t digest[JK_DIGEST_LEN] = { 0 };
	char names[JK_ACCOUNTS_MAX][JK_ACCOUNT_MAX + 1];
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_person person = { .id = "kept" };
	struct jk_account account = { .name = "kept" };
	struct jk_terminal terminal;
	int fd = make_file();
	struct jk_snapshot *s;
	struct jk_card card;
	struct jk_type type;
	char id[200];
	size_t n = 5;

	(void)state;
	memset(id, 'a', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_OK);
	assert_int_equal(jk_snapshot_person(s, "p3", &person),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_snapshot_person(s, id, &person), JK_ERR_NOT_FOUND);
	assert_int_equal(jk_snapshot_person(s, "", &person), JK_ERR_NOT_FOUND);
	assert_string_equal(person.id, "kept");
	assert_int_equal(jk_snapshot_account(s, "gone", &account),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_snapshot_account_by_uid(s, JK_NO_UID, &account),
	    JK_ERR_NOT_FOUND);
	assert_string_equal(account.name, "kept");
	assert_int_equal(jk_snapshot_opids(s, "p3", opids, &n),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_snapshot_accounts_of(s, "p3", names, &n),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(n, 5);
	assert_int_equal(jk_snapshot_card_by_cert(s, digest, &card),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_snapshot_terminal(s, "t2", &terminal),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_snapshot_type(s, "none", &type), JK_ERR_NOT_FOUND);
	jk_snapshot_close(&s);
	close(fd);
}

/* A database whose first record is the one given. */
static int
make_with_head(const char *key, const char *value)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC);
	struct cdb_make make;

	assert_int_equal(cdb_make_start(&make, fd), 0);
	assert_int_equal(cdb_make_add(&make, key, (unsigned)strlen(key), value,
	                     (unsigned)strlen(value)),
	    0);
	assert_int_equal(cdb_make_finish(&make), 0);
	return fd;
}

static void
test_snapshot_open_unknown_format_is_refused(void **state)
{
	struct jk_snapshot *s = NULL;
	int fd;

	(void)state;
	fd = make_with_head("f", "jukinet snapshot 3");
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_ERR_VERSION);
	close(fd);
	fd = make_with_head("f", "jukinet snapshot 7x");
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_ERR_VERSION);
	close(fd);
	fd = make_with_head("p", "jukinet snapshot 7");
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_ERR_FORMAT);
	close(fd);
	fd = memfd_create("empty", MFD_CLOEXEC);
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_ERR_FORMAT);
	assert_int_equal(ftruncate(fd, 2048), 0);
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_ERR_FORMAT);
	close(fd);
	assert_null(s);
}

/* Under p2's key stands p1's row, and p1 has what is p2's. */
static void
test_snapshot_row_under_a_foreign_key_is_damaged(void **state)
{
	int fd = make_file();
	char names[JK_ACCOUNTS_MAX][JK_ACCOUNT_MAX + 1];
	struct jk_approval approvals[JK_APPROVALS_MAX];
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_person person;
	struct jk_snapshot *s;
	struct stat st;
	char *bytes;
	size_t n;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	assert_ptr_not_equal(bytes, MAP_FAILED);
	for (long i = 2048; i + 11 < st.st_size; i++)
		if (memcmp(bytes + i, "pp2\0\2p2", 7) == 0)
			bytes[i + 6] = '1';
		else if (memcmp(bytes + i, "np2\0\2p2", 7) == 0)
			bytes[i + 6] = '1';
		else if (memcmp(bytes + i, "a-3\0\2p1", 7) == 0)
			bytes[i + 6] = '2'; /* the operator ID */
		else if (memcmp(bytes + i, "a-3\0\0\0\3\0\2p1", 11) == 0)
			bytes[i + 10] = '2'; /* the approval */
	munmap(bytes, (size_t)st.st_size);
	assert_int_equal(jk_snapshot_open_fd(fd, &s), JK_OK);
	assert_int_equal(jk_snapshot_person(s, "p2", &person), JK_ERR_FORMAT);
	assert_int_equal(jk_snapshot_person(s, "p1", &person), JK_OK);
	assert_int_equal(jk_snapshot_accounts_of(s, "p2", names, &n),
	    JK_ERR_FORMAT);
	assert_int_equal(jk_snapshot_accounts_of(s, "p1", names, &n), JK_OK);
	assert_int_equal(jk_snapshot_opids(s, "p1", opids, &n), JK_ERR_FORMAT);
	assert_int_equal(jk_snapshot_approvals(s, "p1", approvals, &n),
	    JK_ERR_FORMAT);
	jk_snapshot_close(&s);
	close(fd);
}

static void
read_everything(struct jk_snapshot *s)
{
	char names[JK_ACCOUNTS_MAX][JK_ACCOUNT_MAX + 1];
	struct jk_approval approvals[JK_APPROVALS_MAX];
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_department department;
	struct jk_policy policy;
	uint8_t digest[JK_DIGEST_LEN];
	struct jk_settings settings;
	struct jk_terminal terminal;
	struct jk_account account;
	struct jk_edition e;
	struct jk_person person;
	struct jk_card card;
	struct jk_type type;
	size_t n;

	(void)jk_snapshot_edition(s, &e);
	(void)jk_snapshot_settings(s, &settings);
	(void)jk_snapshot_policy(s, &policy);
	(void)jk_snapshot_department(s, "shimin", &department);
	(void)jk_snapshot_approvals(s, "p1", approvals, &n);
	(void)jk_snapshot_person(s, "p1", &person);
	(void)jk_snapshot_account(s, "hanako", &account);
	(void)jk_snapshot_account_by_uid(s, 1000, &account);
	(void)jk_snapshot_accounts_of(s, "p1", names, &n);
	(void)jk_snapshot_opids(s, "p1", opids, &n);
	(void)jk_sha256(der, sizeof(der), digest);
	(void)jk_snapshot_card_by_cert(s, digest, &card);
	(void)jk_snapshot_terminal(s, "t1", &terminal);
	(void)jk_snapshot_type(s, "moving-desk", &type);
}

/* Also cut at any length: an error or a row, never a crash. */
static void
test_snapshot_any_byte_changed_is_survived(void **state)
{
	int fd = make_file();
	struct jk_snapshot *s;
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t i = 0; i < st.st_size; i++)
		for (int value = 0; value < 256; value += 51) {
			const uint8_t byte = (uint8_t)value;
			uint8_t old;

			assert_int_equal(pread(fd, &old, 1, i), 1);
			assert_int_equal(pwrite(fd, &byte, 1, i), 1);
			if (jk_snapshot_open_fd(fd, &s) == JK_OK) {
				read_everything(s);
				jk_snapshot_close(&s);
			}
			assert_int_equal(pwrite(fd, &old, 1, i), 1);
		}
	for (off_t size = st.st_size - 1; size >= 2000; size -= 7) {
		assert_int_equal(ftruncate(fd, size), 0);
		if (jk_snapshot_open_fd(fd, &s) == JK_OK) {
			read_everything(s);
			jk_snapshot_close(&s);
		}
	}
	close(fd);
}

static void
test_snapshot_verify_notices_a_difference(void **state)
{
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	struct jk_edition other = edition;
	struct jk_person *person;
	int fd = make_file();

	(void)state;
	fill(&set);
	assert_int_equal(jk_rowset_verify(&set, &edition, fd), JK_OK);
	other.serial++;
	assert_int_equal(jk_rowset_verify(&set, &other, fd), JK_ERR_FORMAT);
	person = jk_list_at(&set.person, 1);
	person->enabled = true;
	assert_int_equal(jk_rowset_verify(&set, &edition, fd), JK_ERR_FORMAT);
	person->enabled = false;
	assert_int_equal(jk_rowset_verify(&set, &edition, fd), JK_OK);
	set.policy.policy.checkout = true;
	assert_int_equal(jk_rowset_verify(&set, &edition, fd), JK_ERR_FORMAT);
	close(fd);
}

static void
copy_to_path(int fd)
{
	char bytes[8192];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);
	int to = open(PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	assert_true(n > 0 && n < (ssize_t)sizeof(bytes));
	assert_int_equal(jk_file_write(to, bytes, (size_t)n), JK_OK);
	close(to);
}

static void
test_snapshot_open_unsafe_file_is_refused(void **state)
{
	struct jk_snapshot *s = NULL;
	int fd;

	(void)state;
	if (!enter_private_place())
		skip();
	assert_int_equal(jk_snapshot_open(PATH, &s), JK_ERR_NOT_FOUND);
	fd = make_file();
	copy_to_path(fd);
	close(fd);
	assert_int_equal(jk_snapshot_open(PATH, &s), JK_OK);
	jk_snapshot_close(&s);
	assert_int_equal(chmod(PATH, 0660), 0);
	assert_int_equal(jk_snapshot_open(PATH, &s), JK_ERR_UNSAFE);
	assert_int_equal(chmod(PATH, 0640), 0);
	assert_int_equal(chown(PATH, 65534, 0), 0);
	assert_int_equal(jk_snapshot_open(PATH, &s), JK_ERR_UNSAFE);
	assert_int_equal(chown(PATH, 0, 0), 0);
	assert_int_equal(symlink(PATH, PRIVATE_DIR "/link"), 0);
	assert_int_equal(jk_snapshot_open(PRIVATE_DIR "/link", &s),
	    JK_ERR_UNSAFE);
	assert_int_equal(mkfifo(PRIVATE_DIR "/fifo", 0600), 0);
	assert_int_equal(jk_snapshot_open(PRIVATE_DIR "/fifo", &s),
	    JK_ERR_UNSAFE);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshot_gives_rows_back),
		cmocka_unit_test(test_snapshot_gives_policy_and_approvals_back),
		cmocka_unit_test(
		    test_snapshot_absent_row_is_not_found_and_changes_nothing),
		cmocka_unit_test(test_snapshot_open_unknown_format_is_refused),
		cmocka_unit_test(
		    test_snapshot_row_under_a_foreign_key_is_damaged),
		cmocka_unit_test(test_snapshot_any_byte_changed_is_survived),
		cmocka_unit_test(test_snapshot_verify_notices_a_difference),
		cmocka_unit_test(test_snapshot_open_unsafe_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
