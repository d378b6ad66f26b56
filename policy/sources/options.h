/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every key that may stand in a configuration file, in ONE table: it drives
 * the reader, `jukinetctl registry options` and the test that holds the manual
 * pages against it.
 */
#ifndef JK_OPTIONS_H
#define JK_OPTIONS_H

#include <limits.h>

#include "rows.h"

enum jk_conf_file {
	JK_CONF_TERMINAL, /* jukinet.conf */
	JK_CONF_POLICY,   /* policy.conf */
	JK_CONF_REGISTRY, /* registry.d/NAME.conf */
};

/* What the sections of a file fill. */
struct jk_settings_draft {
	struct jk_settings settings;
	int64_t max_age_s;
};

struct jk_policy_draft {
	char version[JK_ID_MAX + 1];
};

struct jk_card_draft {
	struct jk_card card;
	char file[NAME_MAX + 1];
};

struct jk_option {
	enum jk_conf_file file;
	const char *section, *key;
	/* NULL, or a static string: why the value is refused. */
	const char *(*parse)(const struct jk_option *option, const char *value,
	    void *object);
	size_t at, size;  /* of the field in what the section fills */
	size_t count_at;  /* of a list: how many; max elements */
	size_t max_count; /* 0: a single value */
	int64_t min, max; /* of a number, as it is written */
	int64_t scale;    /* what is stored for 1 */
	bool required;
	const char *fallback; /* value when the key is absent; NULL: none */
	const char *range;    /* for people */
	const char *help;
};

extern const struct jk_option jk_options[];
extern const size_t jk_n_options;

/* More than any section has. */
#define JK_SECTION_OPTIONS_MAX 16

/* "jukinet.conf", "policy.conf" or "registry.d/NAME.conf". */
const char *jk_conf_file_name(enum jk_conf_file file);
/* Whether such a section exists in the file; *ret_has_id: "[section ID]". */
bool jk_section_exists(enum jk_conf_file file, const char *section,
    bool *ret_has_id);
const struct jk_option *jk_option_find(enum jk_conf_file file,
    const char *section, const char *key);
/* NULL, or why not: among others, that the list is full. */
const char *jk_option_set(const struct jk_option *option, const char *value,
    void *object);

#endif
