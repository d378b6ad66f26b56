/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "ids.h"
#include "secret.h"

typedef bool check_fn(const char *text);

static void *
field_of(const struct jk_option *o, void *object)
{
	return (uint8_t *)object + o->at;
}

static const char *
set_text(const struct jk_option *o, const char *value, void *object,
    check_fn *check, const char *reason)
{
	if (!check(value))
		return reason;
	if (strlen(value) >= o->size)
		return "value is too long";
	strcpy(field_of(o, object), value);
	return NULL;
}

static const char *
parse_id(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, jk_row_id_is_valid,
	    "not an id (1 to 64 of a-z, 0-9 and '-')");
}

static const char *
parse_service(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, jk_service_name_is_valid,
	    "not a name (1 to 64 of a-z, 0-9 and \"_.-\")");
}

static bool
is_anything(JK_UNUSED const char *text)
{
	return true;
}

static const char *
parse_text(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, is_anything, NULL);
}

static bool
is_file_name(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz"
	                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                    "0123456789_.-") == strlen(text) &&
	       text[0] != '.';
}

static const char *
parse_file(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, is_file_name,
	    "not a plain file name (letters, digits and \"_.-\")");
}

static bool
is_class(const char *text)
{
	return strcmp(text, "cs") == 0 ||
	       strcmp(text, "integrated-terminal") == 0 ||
	       strcmp(text, "integrated-terminal-other-dept") == 0;
}

static const char *
parse_class(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, is_class,
	    "not a terminal class (cs, integrated-terminal, "
	    "integrated-terminal-other-dept)");
}

static const char *
parse_flag(const struct jk_option *o, const char *value, void *object)
{
	const bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return "neither yes nor no";
	memcpy(field_of(o, object), &yes, sizeof(yes));
	return NULL;
}

static const char *
parse_state(const struct jk_option *o, const char *value, void *object)
{
	enum jk_card_state state = JK_CARD_ACTIVE;

	if (strcmp(value, "revoked") == 0)
		state = JK_CARD_REVOKED;
	else if (strcmp(value, "active") != 0)
		return "neither active nor revoked";
	memcpy(field_of(o, object), &state, sizeof(state));
	return NULL;
}

static const char *
parse_recording(const struct jk_option *o, const char *value, void *object)
{
	enum jk_recording recording;

	if (strcmp(value, "witnessed") == 0)
		recording = JK_RECORDING_WITNESSED;
	else if (strcmp(value, "durable") == 0)
		recording = JK_RECORDING_DURABLE;
	else if (strcmp(value, "kernel") == 0)
		recording = JK_RECORDING_KERNEL;
	else
		return "not witnessed, durable or kernel";
	memcpy(field_of(o, object), &recording, sizeof(recording));
	return NULL;
}

/* Digits alone, without sign or leading zero: one way to write a number. */
static bool
read_number(const char *value, int64_t *ret)
{
	int64_t number = 0;
	size_t len = strlen(value);

	if (len == 0 || len > 9 || strspn(value, "0123456789") != len ||
	    (value[0] == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++)
		number = number * 10 + (value[i] - '0');
	*ret = number;
	return true;
}

static const char *
parse_number(const struct jk_option *o, const char *value, void *object)
{
	int64_t number;
	unsigned small;

	if (!read_number(value, &number))
		return "not a number";
	if (number < o->min || number > o->max)
		return "number out of range";
	number *= o->scale;
	if (o->size == sizeof(number)) {
		memcpy(field_of(o, object), &number, sizeof(number));
		return NULL;
	}
	small = (unsigned)number;
	memcpy(field_of(o, object), &small, sizeof(small));
	return NULL;
}

static const char *
parse_from(const struct jk_option *o, const char *value, void *object)
{
	int64_t s;

	if (jk_date_parse(value, &s) != JK_OK)
		return "not a date (YYYY-MM-DD)";
	memcpy(field_of(o, object), &s, sizeof(s));
	return NULL;
}

/* The day counts whole: what is stored is the midnight that ends it. */
static const char *
parse_until(const struct jk_option *o, const char *value, void *object)
{
	struct tm day;
	int64_t s;
	time_t t;

	if (jk_date_parse(value, &s) != JK_OK)
		return "not a date (YYYY-MM-DD)";
	t = (time_t)s;
	if (localtime_r(&t, &day) == NULL)
		return "not a date (YYYY-MM-DD)";
	day.tm_mday++;
	day.tm_isdst = -1;
	s = (int64_t)mktime(&day);
	memcpy(field_of(o, object), &s, sizeof(s));
	return NULL;
}

#define FIELD(type, member) \
	.at = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define LIST(type, member, count)                                             \
	.at = offsetof(type, member), .size = sizeof(((type *)0)->member[0]), \
	.max_count = JK_COUNT(((type *)0)->member),                           \
	.count_at = offsetof(type, count)

#define S struct jk_settings_draft

#define ID_RANGE   "1 to 64 of a-z, 0-9 and '-'"
#define DATE_RANGE "YYYY-MM-DD"
#define CLASSES    "cs, integrated-terminal, integrated-terminal-other-dept"

/* clang-format off */
const struct jk_option jk_options[] = {
	{ JK_CONF_TERMINAL, "terminal", "id", parse_id, FIELD(S, settings.terminal),
	  .required = true, .range = ID_RANGE,
	  .help = "which [terminal] of the registry this machine is" },

	{ JK_CONF_TERMINAL, "login", "deadline", parse_number, FIELD(S, settings.deadline_ms),
	  .min = 3, .max = 55, .scale = 1000, .fallback = "45", .range = "3 to 55 seconds",
	  .help = "for a whole attempt, the person's typing included" },
	{ JK_CONF_TERMINAL, "login", "card-wait", parse_number, FIELD(S, settings.card_wait_ms),
	  .min = 1, .max = 55, .scale = 1000, .fallback = "20", .range = "1 to 55 seconds",
	  .help = "for a card to be inserted; the deadline ends it too" },
	{ JK_CONF_TERMINAL, "login", "pin-min", parse_number, FIELD(S, settings.pin_min),
	  .min = 1, .max = JK_PIN_MAX, .scale = 1, .fallback = "4", .range = "1 to 64 characters",
	  .help = "a shorter PIN is never sent to a card" },
	{ JK_CONF_TERMINAL, "login", "pin-max", parse_number, FIELD(S, settings.pin_max),
	  .min = 1, .max = JK_PIN_MAX, .scale = 1, .fallback = "16", .range = "1 to 64 characters",
	  .help = "a longer PIN is never sent to a card" },
	{ JK_CONF_TERMINAL, "login", "contact", parse_text, FIELD(S, settings.contact),
	  .range = "text", .help = "whom to call, shown in messages" },

	{ JK_CONF_TERMINAL, "audit", "recording", parse_recording, FIELD(S, settings.recording),
	  .fallback = "witnessed", .range = "witnessed, durable or kernel",
	  .help = "what proves that a record was kept" },
	{ JK_CONF_TERMINAL, "audit", "receipt", parse_number, FIELD(S, settings.receipt_ms),
	  .min = 100, .max = 10000, .scale = 1, .fallback = "2000", .range = "100 to 10000 milliseconds",
	  .help = "for the witness to see a record; then the caller is refused" },

	{ JK_CONF_TERMINAL, "session", "enforce", parse_service, LIST(S, settings.enforced, settings.n_enforced),
	  .range = "1 to 64 of a-z, 0-9 and \"_.-\"",
	  .help = "PAM service without sessions but ours, up to 32" },

	{ JK_CONF_TERMINAL, "registry", "max-age", parse_number, FIELD(S, max_age_s),
	  .min = 1, .max = 366, .scale = 86400, .fallback = "7", .range = "1 to 366 days",
	  .help = "a snapshot older than this lets nobody in" },

	{ JK_CONF_POLICY, "policy", "version", parse_service, FIELD(struct jk_policy_draft, version),
	  .required = true, .range = "1 to 64 of a-z, 0-9 and \"_.-\"",
	  .help = "names the edition of the policy" },

	{ JK_CONF_POLICY, "type", "number", parse_number, FIELD(struct jk_type, number),
	  .min = 1, .max = 9, .scale = 1, .required = true, .range = "1 to 9",
	  .help = "number of the operator type" },
	{ JK_CONF_POLICY, "type", "enabled", parse_flag, FIELD(struct jk_type, enabled),
	  .fallback = "yes", .range = "yes or no",
	  .help = "whether operator IDs of this type may be used" },
	{ JK_CONF_POLICY, "type", "terminal-class", parse_class, LIST(struct jk_type, class, n_classes),
	  .required = true, .range = CLASSES,
	  .help = "where this type may work" },

	{ JK_CONF_REGISTRY, "person", "name", parse_text, FIELD(struct jk_person, name),
	  .required = true, .range = "text", .help = "as people read it" },
	{ JK_CONF_REGISTRY, "person", "department", parse_id, FIELD(struct jk_person, department),
	  .range = ID_RANGE, .help = "where the person works" },
	{ JK_CONF_REGISTRY, "person", "valid-from", parse_from, FIELD(struct jk_person, valid.from),
	  .range = DATE_RANGE, .help = "first good day" },
	{ JK_CONF_REGISTRY, "person", "valid-until", parse_until, FIELD(struct jk_person, valid.until),
	  .range = DATE_RANGE, .help = "last good day" },
	{ JK_CONF_REGISTRY, "person", "enabled", parse_flag, FIELD(struct jk_person, enabled),
	  .fallback = "yes", .range = "yes or no", .help = "no: refused whatever else holds" },

	{ JK_CONF_REGISTRY, "account", "person", parse_id, LIST(struct jk_account, person, n_persons),
	  .required = true, .range = "id of a person",
	  .help = "who may use this Unix account, up to 16" },

	{ JK_CONF_REGISTRY, "operator-id", "person", parse_id, FIELD(struct jk_opid, person),
	  .required = true, .range = "id of a person", .help = "whose right this is" },
	{ JK_CONF_REGISTRY, "operator-id", "type", parse_id, FIELD(struct jk_opid, type),
	  .required = true, .range = "id of a type", .help = "which right, see jukinet-policy(5)" },
	{ JK_CONF_REGISTRY, "operator-id", "department", parse_id, FIELD(struct jk_opid, department),
	  .range = ID_RANGE, .help = "which department granted it" },
	{ JK_CONF_REGISTRY, "operator-id", "valid-from", parse_from, FIELD(struct jk_opid, valid.from),
	  .range = DATE_RANGE, .help = "first good day" },
	{ JK_CONF_REGISTRY, "operator-id", "valid-until", parse_until, FIELD(struct jk_opid, valid.until),
	  .range = DATE_RANGE, .help = "last good day" },
	{ JK_CONF_REGISTRY, "operator-id", "enabled", parse_flag, FIELD(struct jk_opid, enabled),
	  .fallback = "yes", .range = "yes or no", .help = "no: disabled, not deleted" },

	{ JK_CONF_REGISTRY, "card", "person", parse_id, FIELD(struct jk_card_draft, card.person),
	  .required = true, .range = "id of a person", .help = "whose card this is" },
	{ JK_CONF_REGISTRY, "card", "certificate", parse_file, FIELD(struct jk_card_draft, file),
	  .required = true, .range = "plain file name",
	  .help = "PEM file beside this one, holding exactly one certificate" },
	{ JK_CONF_REGISTRY, "card", "state", parse_state, FIELD(struct jk_card_draft, card.state),
	  .fallback = "active", .range = "active or revoked", .help = "revoked: lost or stolen" },

	{ JK_CONF_REGISTRY, "terminal", "class", parse_class, FIELD(struct jk_terminal, class),
	  .required = true, .range = CLASSES, .help = "what kind of terminal this is" },
	{ JK_CONF_REGISTRY, "terminal", "department", parse_id, FIELD(struct jk_terminal, department),
	  .range = ID_RANGE, .help = "where it stands" },
};
/* clang-format on */

const size_t jk_n_options = JK_COUNT(jk_options);

const char *
jk_conf_file_name(enum jk_conf_file file)
{
	switch (file) {
	case JK_CONF_TERMINAL:
		return "jukinet.conf";
	case JK_CONF_POLICY:
		return "policy.conf";
	case JK_CONF_REGISTRY:
		break;
	}
	return "registry.d/NAME.conf";
}

bool
jk_section_exists(enum jk_conf_file file, const char *section, bool *ret_has_id)
{
	for (size_t i = 0; i < jk_n_options; i++) {
		if (jk_options[i].file != file ||
		    strcmp(jk_options[i].section, section) != 0)
			continue;
		*ret_has_id =
		    file == JK_CONF_REGISTRY || strcmp(section, "type") == 0;
		return true;
	}
	return false;
}

const struct jk_option *
jk_option_find(enum jk_conf_file file, const char *section, const char *key)
{
	for (size_t i = 0; i < jk_n_options; i++)
		if (jk_options[i].file == file &&
		    strcmp(jk_options[i].section, section) == 0 &&
		    strcmp(jk_options[i].key, key) == 0)
			return &jk_options[i];
	return NULL;
}

static bool
list_has(const struct jk_option *o, const char *value, const uint8_t *list,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp((const char *)list + i * o->size, value) == 0)
			return true;
	return false;
}

/* Lists are lists of strings. */
static const char *
append(const struct jk_option *o, const char *value, void *object)
{
	uint8_t *bytes = object;
	struct jk_option element = *o;
	const char *reason;
	size_t n;

	memcpy(&n, bytes + o->count_at, sizeof(n));
	if (list_has(o, value, bytes + o->at, n))
		return "value is repeated";
	if (n >= o->max_count)
		return "too many of this key";
	element.at += n * o->size;
	reason = o->parse(&element, value, object);
	if (reason != NULL)
		return reason;
	n++;
	memcpy(bytes + o->count_at, &n, sizeof(n));
	return NULL;
}

const char *
jk_option_set(const struct jk_option *option, const char *value, void *object)
{
	if (option->max_count > 0)
		return append(option, value, object);
	return option->parse(option, value, object);
}
