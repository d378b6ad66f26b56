/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of other programs that doctor reads. The first byte says which
 * reader: "x" Xfce, "b" the bus, "p" PAM, else a keyfile. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keyfile.h"
#include "pamstack.h"
#include "xmltag.h"

static const struct jk_demand wanted[] = {
	{ "g", "k", "v", 0 },
	{ "g", "n", NULL, 300 },
	{ 0 },
};

static enum jk_err
read_again(void *ctx, const char *service, char **ret)
{
	(void)service;
	*ret = strdup(ctx);
	return *ret != NULL ? JK_OK : JK_ERR_NOMEM;
}

static void
read_stack(char *text)
{
	static struct jk_pamstack stack;
	size_t by;

	if (jk_pamstack_load("s", "auth", read_again, text, &stack) != JK_OK)
		return;
	for (int is_locker = 0; is_locker < 2; is_locker++) {
		(void)jk_pamstack_judge(&stack, is_locker != 0, &by);
		if (by > stack.n)
			abort();
	}
	(void)jk_pamstack_root_passes(&stack);
}

static void
read_settings(const char *text, char kind)
{
	struct jk_demands demands = { .demand = wanted };
	const struct jk_demand *first;
	enum jk_err e;

	if (kind == 'x')
		e = jk_xfconf_each(text, jk_demands_take, &demands);
	else if (kind == 'b')
		e = jk_buspolicy_each(text, jk_demands_take, &demands);
	else
		e = jk_keyfile_each(text, jk_demands_take, &demands);
	if (e == JK_OK)
		(void)jk_demands_judge(&demands, &first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (size > 0 && data[0] == 'p')
		read_stack(text + 1);
	else if (size > 0)
		read_settings(text + 1, text[0]);
	free(text);
	return 0;
}
