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

/* At least jk_n_options. */
#define JK_OPTIONS_MAX 192

enum jk_conf_file {
	JK_CONF_TERMINAL, /* jukinet.conf */
	JK_CONF_POLICY,   /* policy.conf */
	JK_CONF_REGISTRY, /* registry.d/NAME.conf */
};

/* What a certificate must be good for, by name or OID. */
#define JK_USAGES_MAX 8

/* [trust] of jukinet.conf; only the builder needs it. */
struct jk_trust_draft {
	enum jk_trust_level level;
	char ca_dir[JK_NAME_MAX + 1], crl_dir[JK_NAME_MAX + 1];
	bool key_usage;
	size_t n_usages;
	char usage[JK_USAGES_MAX][JK_ID_MAX + 1];
};

/* What the sections of a file fill. */
struct jk_settings_draft {
	struct jk_settings settings;
	int64_t max_age_s;
	char sources[JK_NAME_MAX + 1]; /* order.h */
	struct jk_trust_draft trust;
};

/* Thresholds of the officers' tool; no decision of jukinetd needs them. */
struct jk_limits {
	int64_t review_s;   /* between two reviews of an account (S-28) */
	int64_t unused_s;   /* of an operator ID, then it is listed (S-28) */
	int64_t fallback_s; /* of a fallback approval without an end (S-25) */
	int64_t approval_s, delegation_s; /* the longest of them (S-25, S-65) */
};

struct jk_policy_draft {
	struct jk_policy policy;
	struct jk_limits limits;
	uint32_t supervisors; /* bits of roles: jk_person.supervises */
	bool system_accounts; /* operators may work under them (S-27) */
};

/* Of one business: bits in the masks of struct jk_policy. */
struct jk_business_draft {
	bool own_department, permission, second_person, bulk;
};

struct jk_snapshot;

struct jk_card_draft {
	struct jk_card card;
	int64_t handed_at;
	struct jk_snapshot *old; /* NULL, or where its certificate may stand */
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
	int64_t min, max; /* of a number, as it is written; max 0: none */
	int64_t scale;    /* what is stored for 1 */
	const struct jk_words *words; /* that a value is one of */
	/* Instead of parse(): bytes that are no text, a certificate. */
	const char *(*parse_bytes)(const void *data, size_t len, void *object);
	bool kept;    /* of the registry, but nothing decides by it */
	bool repeats; /* the same for a key that may stand more than once */
	bool required;
	const char *fallback; /* value when the key is absent; NULL: none */
	const char *range;    /* for people */
	const char *help;
};

extern const struct jk_option jk_options[];
extern const size_t jk_n_options;

/* Whether a key may stand there more than once. */
bool jk_option_repeats(const struct jk_option *option);
/* "jukinet.conf", "policy.conf" or "registry.d/NAME.conf". */
const char *jk_conf_file_name(enum jk_conf_file file);
/* Whether such a section exists in the file; *ret_has_id: "[section ID]". */
bool jk_section_exists(enum jk_conf_file file, const char *section,
    bool *ret_has_id);
/* The options of a section stand together: the first of them and how many
 * there are, or NULL. */
const struct jk_option *jk_section_options(enum jk_conf_file file,
    const char *section, size_t *ret_n);
const struct jk_option *jk_option_find(enum jk_conf_file file,
    const char *section, const char *key);
/*
 * NULL, or a static string: why not; among others, that the list is full.
 * `value` has `len` bytes and a NUL behind them.
 */
const char *jk_option_set(const struct jk_option *option, const char *value,
    size_t len, void *object);

#endif
