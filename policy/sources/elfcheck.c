/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads as much of an ELF file as it takes to find one symbol. Every offset
 * and count comes from the file, so nothing is looked at but through take().
 */
#include "elfcheck.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

struct image {
	const uint8_t *data;
	size_t len;
};

/* A table of the file: entries of one known size, all of them inside. */
struct table {
	uint64_t at, n;
};

/* By the linker: the header of the program that this is part of. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Copies, because nothing in the file needs to be aligned. */
static bool
take(const struct image *image, uint64_t at, void *ret, size_t size)
{
	if (at > image->len || image->len - at < size)
		return false;
	memcpy(ret, image->data + at, size);
	return true;
}

static bool
is_inside(const struct image *image, uint64_t at, uint64_t len)
{
	return at <= image->len && image->len - at >= len;
}

static const char *
header_fault(const struct image *image, ElfW(Ehdr) * ret)
{
	static const int same[] = { EI_CLASS, EI_DATA, EI_VERSION };

	if (!take(image, 0, ret, sizeof(*ret)) ||
	    memcmp(ret->e_ident, ELFMAG, SELFMAG) != 0)
		return "not an ELF file";
	for (size_t i = 0; i < JK_COUNT(same); i++)
		if (ret->e_ident[same[i]] != __ehdr_start.e_ident[same[i]])
			return "made for another kind of machine";
	if (ret->e_machine != __ehdr_start.e_machine)
		return "made for another kind of machine";
	if (ret->e_type != ET_DYN)
		return "not a shared object";
	if (ret->e_shentsize != sizeof(ElfW(Shdr)) ||
	    !is_inside(image, ret->e_shoff,
	        (uint64_t)ret->e_shnum * sizeof(ElfW(Shdr))))
		return "damaged: its sections lie outside";
	return NULL;
}

static bool
section(const struct image *image, const ElfW(Ehdr) * header, uint64_t number,
    ElfW(Shdr) * ret)
{
	return number < header->e_shnum &&
	       take(image, header->e_shoff + number * sizeof(*ret), ret,
	           sizeof(*ret));
}

/* Of the dynamic linker there is one. */
static const char *
find_symbols(const struct image *image, const ElfW(Ehdr) * header,
    struct table *ret_symbols, struct table *ret_names)
{
	ElfW(Shdr) symbols, names;
	uint64_t i = 0;

	while (section(image, header, i, &symbols) &&
	       symbols.sh_type != SHT_DYNSYM)
		i++;
	if (i == header->e_shnum)
		return "has no dynamic symbols";
	if (symbols.sh_entsize != sizeof(ElfW(Sym)) ||
	    !is_inside(image, symbols.sh_offset, symbols.sh_size) ||
	    !section(image, header, symbols.sh_link, &names) ||
	    names.sh_type != SHT_STRTAB ||
	    !is_inside(image, names.sh_offset, names.sh_size))
		return "damaged: its symbols lie outside";

	*ret_symbols = (struct table){ symbols.sh_offset,
		symbols.sh_size / sizeof(ElfW(Sym)) };
	*ret_names = (struct table){ names.sh_offset, names.sh_size };
	return NULL;
}

static bool
is_named(const struct image *image, const struct table *names, uint64_t at,
    const char *name)
{
	size_t n = strlen(name) + 1;

	return at <= names->n && names->n - at >= n &&
	       memcmp(image->data + names->at + at, name, n) == 0;
}

static const char *
symbol_fault(const ElfW(Sym) * symbol, size_t size)
{
	/* Class 32 and 64 keep these in the same bits. */
	unsigned bind = ELF64_ST_BIND(symbol->st_info);
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	if (symbol->st_shndx == SHN_UNDEF)
		return "asks others for the symbol of a source";
	if ((bind != STB_GLOBAL && bind != STB_WEAK) || type != STT_OBJECT)
		return "the symbol of a source is not a variable for others";
	if (symbol->st_size < size)
		return "the symbol of a source is too small";
	return NULL;
}

const char *
jk_elfcheck_fault(const void *data, size_t len, const char *symbol, size_t size)
{
	const struct image image = { data, len };
	struct table symbols, names;
	ElfW(Ehdr) header;
	ElfW(Sym) each;
	const char *fault = header_fault(&image, &header);

	if (fault == NULL)
		fault = find_symbols(&image, &header, &symbols, &names);
	if (fault != NULL)
		return fault;
	for (uint64_t i = 0; i < symbols.n; i++)
		if (take(&image, symbols.at + i * sizeof(each), &each,
		        sizeof(each)) &&
		    is_named(&image, &names, each.st_name, symbol))
			return symbol_fault(&each, size);
	return "does not define the symbol of a source";
}
