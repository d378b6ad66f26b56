/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that says it is a source: what is accepted holds the symbol's name,
 * and a name that is not in it is not found.
 */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jukinet/policy.h>

#include "elfcheck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* By the linker: the header of this program. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
check(const uint8_t *data, size_t len)
{
	static const char name[] = JUKINET_POLICY_SYMBOL;
	const char *fault = jk_elfcheck_fault(data, len, name,
	    sizeof(struct jukinet_policy_source));

	if (fault != NULL) {
		need(fault[0] != '\0');
		return;
	}
	need(len > sizeof(ElfW(Ehdr)) + sizeof(ElfW(Shdr)));
	need(memmem(data, len, name, sizeof(name)) != NULL);
	if (memmem(data, len, "nosuch", 6) == NULL)
		need(jk_elfcheck_fault(data, len, "nosuch", 1) != NULL);
}

/* As it is, and as if it had been made for the machine that this runs on. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	ElfW(Ehdr) header;
	uint8_t *ours;

	check(data, len);
	if (len < sizeof(header))
		return 0;
	ours = malloc(len);
	need(ours != NULL);
	memcpy(ours, data, len);
	memcpy(&header, data, sizeof(header));
	memcpy(header.e_ident, __ehdr_start.e_ident, EI_NIDENT);
	header.e_machine = __ehdr_start.e_machine;
	memcpy(ours, &header, sizeof(header));
	check(ours, len);
	free(ours);
	return 0;
}
