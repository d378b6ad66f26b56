/* SPDX-License-Identifier: BSD-2-Clause */
#include "facts_world.h"

#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "private.h"
#include "snapshot.h"
#include "writer.h"

#define PATH PRIVATE_DIR "/snapshot.cdb"

const uint8_t facts_der[FACTS_DER] = { 0x30, 0x82, 0x01, 0x02 };

static void
add(struct jk_list *list, const void *row)
{
	const struct jk_place place = { "x.conf", 1 };

	assert_int_equal(jk_list_add(list, place, row), JK_OK);
}

struct jk_snapshot *
facts_make(struct jk_period person, struct jk_period opid)
{
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	const int64_t now = jk_real_s();
	const struct jk_edition edition = { .serial = 7,
		.made_at = now - 10,
		.valid_until = now + 86400 };
	const struct jk_person persons[] = {
		{ .id = "p1", .name = "A", .enabled = true },
		{ .id = "p2", .name = "B", .enabled = true, .valid = person },
	};
	const struct jk_opid manager = { .id = "m-2",
		.person = "p2",
		.type = "management",
		.enabled = true,
		.valid = opid };
	const struct jk_type type = { .id = "management",
		.number = 9,
		.enabled = true,
		.functions = 3 };
	const struct jk_terminal terminal = { .id = "t1" };
	const struct jk_approval approval = { .id = "d-1",
		.kind = JK_APPROVAL_DELEGATION,
		.person = "p1",
		.by = "p2",
		.valid = { now - 10, now + 3600 },
		.functions = 1 };
	struct jk_card card = { .id = "c1",
		.person = "p1",
		.state = JK_CARD_ACTIVE,
		.cert_len = sizeof(facts_der) };
	struct jk_snapshot *snapshot = NULL;
	int fd;

	memcpy(card.cert, facts_der, sizeof(facts_der));
	jk_rowset_init(&set);
	strcpy(set.settings.settings.terminal, "t1");
	strcpy(set.policy.policy.version, "2026-11");
	add(&set.person, &persons[0]);
	add(&set.person, &persons[1]);
	add(&set.opid, &manager);
	add(&set.type, &type);
	add(&set.terminal, &terminal);
	add(&set.approval, &approval);
	add(&set.card, &card);
	(void)unlink(PATH);
	fd = open(PATH, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_return_code(fd, 0);
	assert_int_equal(jk_rowset_write(&set, &edition, fd), JK_OK);
	close(fd);
	assert_int_equal(jk_snapshot_open(PATH, &snapshot), JK_OK);
	return snapshot;
}
