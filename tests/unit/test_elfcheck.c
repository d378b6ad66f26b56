/* SPDX-License-Identifier: BSD-2-Clause */
/* PLUGINS names the directory in which plugins/ was built. */
#include "test.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jukinet/policy.h>

#include "elfcheck.h"
#include "file.h"

/* A shared object in memory; each test has its own copy. */
struct object {
	char *data;
	size_t len;
};

static void
read_file(const char *path, struct object *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_return_code(fd, 0);
	assert_int_equal(jk_file_read(fd, 64u << 20, &ret->data, &ret->len),
	    JK_OK);
	close(fd);
}

static int
setup(void **state)
{
	struct object *object = calloc(1, sizeof(*object));

	assert_non_null(object);
	read_file(PLUGINS "/plugin_good.so", object);
	*state = object;
	return 0;
}

static int
teardown(void **state)
{
	struct object *object = *state;

	free(object->data);
	free(object);
	return 0;
}

static const char *
fault_of(const struct object *object)
{
	return jk_elfcheck_fault(object->data, object->len,
	    JUKINET_POLICY_SYMBOL, sizeof(struct jukinet_policy_source));
}

static void
expect(const struct object *object, const char *why)
{
	const char *fault = fault_of(object);

	if (fault == NULL || strstr(fault, why) == NULL)
		fail_msg("\"%s\": %s", why, fault != NULL ? fault : "accepted");
}

static void
test_elfcheck_fault_source_is_good(void **state)
{
	struct object *object = *state;

	assert_null(fault_of(object));
	assert_null(jk_elfcheck_fault(object->data, object->len,
	    JUKINET_POLICY_SYMBOL, 1));
}

static void
test_elfcheck_fault_no_source_says_why(void **state)
{
	static const struct {
		const char *path, *why;
	} rows[] = {
		{ PLUGINS "/plugin_nosymbol.so", "does not define" },
		{ PLUGINS "/plugin_asks.so", "asks others" },
		{ PLUGINS "/plugin_function.so", "not a variable" },
		{ PLUGINS "/plugin_small.so", "too small" },
		{ "/proc/self/status", "not an ELF file" },
		{ "/dev/null", "not an ELF file" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct object object = { 0 };

		if (strncmp(rows[i].path, "/proc", 5) == 0) {
			object.data = strdup("Name: not an object\n");
			object.len = strlen(object.data);
		} else {
			read_file(rows[i].path, &object);
		}
		expect(&object, rows[i].why);
		free(object.data);
	}
}

/* In an allocation of that size, so that a sanitizer sees every overread. */
static void
test_elfcheck_fault_cut_anywhere_is_refused(void **state)
{
	struct object *object = *state;
	size_t step = object->len / 997 + 1;

	for (size_t len = 0; len < object->len; len += step) {
		struct object cut = { malloc(len > 0 ? len : 1), len };

		assert_non_null(cut.data);
		memcpy(cut.data, object->data, len);
		if (fault_of(&cut) == NULL)
			fail_msg("good with %zu of %zu bytes", len,
			    object->len);
		free(cut.data);
	}
}

static void
test_elfcheck_fault_other_machine_is_refused(void **state)
{
	struct object *object = *state;
	ElfW(Ehdr) header;

	memcpy(&header, object->data, sizeof(header));
	header.e_machine ^= 1;
	memcpy(object->data, &header, sizeof(header));
	expect(object, "another kind of machine");
	object->data[EI_CLASS] ^= 3;
	expect(object, "another kind of machine");
}

static void
test_elfcheck_fault_program_is_refused(void **state)
{
	struct object *object = *state;
	ElfW(Ehdr) header;

	memcpy(&header, object->data, sizeof(header));
	header.e_type = ET_EXEC;
	memcpy(object->data, &header, sizeof(header));
	expect(object, "not a shared object");
}

static void
test_elfcheck_fault_sections_far_away_are_refused(void **state)
{
	static const uint64_t far[] = { UINT64_MAX, UINT64_MAX - 63,
		UINT64_C(1) << 63, UINT64_C(1) << 32 };
	struct object *object = *state;
	ElfW(Ehdr) header;

	for (size_t i = 0; i < JK_COUNT(far); i++) {
		memcpy(&header, object->data, sizeof(header));
		header.e_shoff = (ElfW(Off))far[i];
		memcpy(object->data, &header, sizeof(header));
		expect(object, "sections lie outside");
	}
}

/* The section of that type, or it fails. */
static size_t
section_at(const struct object *object, uint32_t type, ElfW(Shdr) * ret)
{
	ElfW(Ehdr) header;

	memcpy(&header, object->data, sizeof(header));
	for (size_t i = 0; i < header.e_shnum; i++) {
		size_t at = header.e_shoff + i * sizeof(*ret);

		memcpy(ret, object->data + at, sizeof(*ret));
		if (ret->sh_type == type)
			return at;
	}
	fail_msg("no section of type %u", type);
	return 0;
}

static void
test_elfcheck_fault_hostile_symbol_table_is_refused(void **state)
{
	struct object *object = *state;
	ElfW(Shdr) good, bad;
	size_t at = section_at(object, SHT_DYNSYM, &good);

	for (unsigned i = 0; i < 7; i++) {
		bad = good;
		switch (i) {
		case 0:
			bad.sh_entsize = 0;
			break;
		case 1:
			bad.sh_offset = (ElfW(Off)) - 8;
			break;
		case 2:
			bad.sh_size = (ElfW(Off)) - 1;
			break;
		case 3:
			bad.sh_link = 0xffffffff;
			break;
		case 4:
			bad.sh_link = 0; /* a section of no type */
			break;
		case 5:
			bad.sh_offset = object->len;
			bad.sh_size = sizeof(ElfW(Sym));
			break;
		default:
			bad.sh_offset = object->len - 1;
			break;
		}
		memcpy(object->data + at, &bad, sizeof(bad));
		expect(object, "symbols lie outside");
	}
	good.sh_type = SHT_NULL;
	memcpy(object->data + at, &good, sizeof(good));
	expect(object, "no dynamic symbols");
}

static void
test_elfcheck_fault_names_outside_are_passed_over(void **state)
{
	struct object *object = *state;
	ElfW(Shdr) symbols;
	ElfW(Sym) symbol;

	section_at(object, SHT_DYNSYM, &symbols);
	for (size_t i = 0; i < symbols.sh_size / sizeof(symbol); i++) {
		size_t at = symbols.sh_offset + i * sizeof(symbol);

		memcpy(&symbol, object->data + at, sizeof(symbol));
		symbol.st_name = 0xfffffff0u + (uint32_t)i % 16;
		memcpy(object->data + at, &symbol, sizeof(symbol));
	}
	expect(object, "does not define");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_elfcheck_fault_source_is_good),
		T(test_elfcheck_fault_no_source_says_why),
		T(test_elfcheck_fault_cut_anywhere_is_refused),
		T(test_elfcheck_fault_other_machine_is_refused),
		T(test_elfcheck_fault_program_is_refused),
		T(test_elfcheck_fault_sections_far_away_are_refused),
		T(test_elfcheck_fault_hostile_symbol_table_is_refused),
		T(test_elfcheck_fault_names_outside_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
