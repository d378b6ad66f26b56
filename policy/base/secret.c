/* SPDX-License-Identifier: BSD-2-Clause */
#include "secret.h"

#include <string.h>
#include <sys/mman.h>

enum jk_err
jk_locked_new(size_t size, void **ret)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return JK_ERR_NOMEM;
	/*
	 * A caller may be without any right to lock (RLIMIT_MEMLOCK 0): then
	 * the page can reach swap. Out of core files it stays in any case.
	 */
	(void)mlock(p, size);
	if (madvise(p, size, MADV_DONTDUMP) != 0 ||
	    madvise(p, size, MADV_DONTFORK) != 0) {
		(void)munmap(p, size);
		return JK_ERR_SYS;
	}
	*ret = p;
	return JK_OK;
}

void
jk_locked_free(void *p, size_t size)
{
	if (p == NULL)
		return;
	explicit_bzero(p, size);
	(void)munmap(p, size);
}

enum jk_err
jk_secret_set(struct jk_secret *secret, const void *data, size_t len)
{
	void *p;
	enum jk_err e;

	if (len > JK_PIN_MAX)
		return JK_ERR_TOO_BIG;
	e = jk_locked_new(JK_PIN_MAX, &p);
	if (e != JK_OK)
		return e;
	memcpy(p, data, len);
	jk_secret_clear(secret);
	secret->data = p;
	secret->len = len;
	return JK_OK;
}

void
jk_secret_clear(struct jk_secret *secret)
{
	jk_locked_free(secret->data, JK_PIN_MAX);
	*secret = (struct jk_secret){ 0 };
}

bool
jk_secret_equal(const struct jk_secret *a, const struct jk_secret *b)
{
	uint8_t differs = 0;

	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		differs |= (uint8_t)(a->data[i] ^ b->data[i]);
	return differs == 0;
}
