/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys one behind the other, as a terminal is handed them: what is taken is
 * whole, in order, and is the same when it is written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
check(const struct jk_keyring *ring, size_t i)
{
	const struct jk_office_key *key = jk_keyring_at(ring, i);
	char text[JK_KEY_TEXT_MAX];
	struct jk_cur at = { .at = (const uint8_t *)text };
	struct jk_office_key again;

	need(jk_key_write(key, text) == JK_OK);
	at.left = strlen(text);
	need(jk_key_read(&at, &again) == JK_OK && at.left == 0);
	need(memcmp(key, &again, sizeof(again)) == 0);
	need(jk_keyring_find(ring, key->id) == i);
	need(i == 0 || jk_keyring_at(ring, i - 1)->use < key->use ||
	     jk_keyring_at(ring, i - 1)->from < key->from);
	need(jk_keyring_replaced(ring, i) == 0 ||
	     jk_keyring_kept_until(ring, i) > key->from);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_keyring *ring = NULL;

	need(jk_keyring_new(&ring) == JK_OK);
	(void)jk_keyring_add_text(ring, data, len);
	for (size_t i = 0; i < jk_keyring_count(ring); i++)
		check(ring, i);
	jk_keyring_free(&ring);
	return 0;
}
