/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <assert.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "cert.h"
#include "clock.h"
#include "ids.h"
#include "plaintext.h"
#include "secret.h"

/* Marks a text that is translated where it is shown. */
#define N_(text) text

typedef bool check_fn(const char *text);

/* Of a text, which is the only thing that can be too long: ids and names of
 * services fit by their alphabets. */
static_assert(JK_NAME_MAX == 192 && JK_ACCOUNT_MAX >= JK_ID_MAX,
    "as the faults say");

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
		return N_("longer than 192 bytes");
	strcpy(field_of(o, object), value);
	return NULL;
}

static const char *
parse_id(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, jk_row_id_is_valid,
	    N_("not an id (1 to 64 of a-z, 0-9 and '-')"));
}

static const char *
parse_service(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, jk_service_name_is_valid,
	    N_("not a name (1 to 64 of a-z, 0-9 and \"_.-\")"));
}

static bool
is_anything(JK_UNUSED const char *text)
{
	return true;
}

/* A word of a list, whose order counts. */
static const char *
parse_listed(const struct jk_option *o, const char *value, void *object)
{
	if (jk_word_find(o->words, value) == o->words->n)
		return o->words->fault;
	strcpy(field_of(o, object), value);
	return NULL;
}

static const char *
parse_text(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, is_anything, NULL);
}

/* Of the registry, but no row has a field for it. */
static const char *
parse_noted(JK_UNUSED const struct jk_option *o, const char *value,
    JK_UNUSED void *object)
{
	return strlen(value) > JK_NAME_MAX ? N_("longer than 192 bytes") : NULL;
}

static const char *
parse_word(const struct jk_option *o, const char *value, void *object)
{
	const unsigned number = (unsigned)jk_word_find(o->words, value);

	if (number < o->words->first || number == o->words->n)
		return o->words->fault;
	memcpy(field_of(o, object), &number, sizeof(number));
	return NULL;
}

/* One bit of a mask; the key repeats. */
static const char *
parse_bit(const struct jk_option *o, const char *value, void *object)
{
	size_t number = jk_word_find(o->words, value);
	uint32_t mask;

	if (number < o->words->first || number == o->words->n)
		return o->words->fault;
	memcpy(&mask, field_of(o, object), sizeof(mask));
	if ((mask & jk_bit((unsigned)number)) != 0)
		return N_("value is repeated");
	mask |= jk_bit((unsigned)number);
	memcpy(field_of(o, object), &mask, sizeof(mask));
	return NULL;
}

static const char *
parse_terminal(const struct jk_option *o, const char *value, void *object)
{
	if (strcmp(value, "*") != 0)
		return parse_id(o, value, object);
	*(char *)field_of(o, object) = '\0';
	return NULL;
}

static const char *
parse_flag(const struct jk_option *o, const char *value, void *object)
{
	const bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return N_("neither yes nor no");
	memcpy(field_of(o, object), &yes, sizeof(yes));
	return NULL;
}

static const char *
parse_dates(const struct jk_option *o, const char *value, void *object)
{
	const bool gregorian = strcmp(value, "gregorian") == 0;

	if (!gregorian && strcmp(value, "era") != 0)
		return N_("neither era nor gregorian");
	memcpy(field_of(o, object), &gregorian, sizeof(gregorian));
	return NULL;
}

static const char *
parse_label(const struct jk_option *o, const char *value, void *object)
{
	const bool password = strcmp(value, "password") == 0;

	if (!password && strcmp(value, "pin") != 0)
		return N_("neither pin nor password");
	memcpy(field_of(o, object), &password, sizeof(password));
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
		return N_("not witnessed, durable or kernel");
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
		return N_("not a number");
	if (number < o->min || number > o->max)
		return N_("number out of range");
	number *= o->scale;
	if (o->size == sizeof(number)) {
		memcpy(field_of(o, object), &number, sizeof(number));
		return NULL;
	}
	small = (unsigned)number;
	memcpy(field_of(o, object), &small, sizeof(small));
	return NULL;
}

static const char date_fault[] =
    N_("not a date (YYYY-MM-DD) or a time (YYYY-MM-DD HH:MM)");

/* 0 means "no bound", so the epoch itself is none that could be kept: taken for
 * an end it would last for ever. */
static const char *
set_time(const struct jk_option *o, int64_t s, void *object)
{
	if (s <= 0)
		return N_("lies before all time (1970-01-01 00:00 UTC)");
	memcpy(field_of(o, object), &s, sizeof(s));
	return NULL;
}

static const char *
parse_from(const struct jk_option *o, const char *value, void *object)
{
	int64_t s;

	if (jk_date_parse(value, &s) != JK_OK &&
	    jk_time_parse(value, &s) != JK_OK)
		return date_fault;
	return set_time(o, s, object);
}

/* A day counts whole: what is stored is the midnight that ends it. */
static const char *
parse_until(const struct jk_option *o, const char *value, void *object)
{
	int64_t s;

	if (jk_date_parse(value, &s) == JK_OK)
		s = jk_next_day(s);
	else if (jk_time_parse(value, &s) != JK_OK)
		return date_fault;
	return set_time(o, s, object);
}

static const char *
parse_date(const struct jk_option *o, const char *value, void *object)
{
	int64_t s;

	if (jk_date_parse(value, &s) != JK_OK)
		return N_("not a date (YYYY-MM-DD)");
	return set_time(o, s, object);
}

/* A list of days. */
static const char *
parse_day(const struct jk_option *o, const char *value, void *object)
{
	uint8_t *bytes = object;
	int64_t s, other;
	size_t n;

	if (jk_date_parse(value, &s) != JK_OK || s <= 0)
		return N_("not a date (YYYY-MM-DD)");
	memcpy(&n, bytes + o->count_at, sizeof(n));
	for (size_t i = 0; i < n; i++) {
		memcpy(&other, bytes + o->at + i * sizeof(s), sizeof(other));
		if (other == s)
			return N_("value is repeated");
	}
	if (n == JK_CLOSED_DAYS_MAX)
		return N_("too many of this key");
	memcpy(bytes + o->at + n * sizeof(s), &s, sizeof(s));
	n++;
	memcpy(bytes + o->count_at, &n, sizeof(n));
	return NULL;
}

/* A list of days before something is due. */
static const char *
parse_remind(const struct jk_option *o, const char *value, void *object)
{
	uint8_t *bytes = object;
	int64_t number, other;
	size_t n;

	if (!read_number(value, &number))
		return "not a number";
	if (number < o->min || number > o->max)
		return "number out of range";
	memcpy(&n, bytes + o->count_at, sizeof(n));
	for (size_t i = 0; i < n; i++) {
		memcpy(&other, bytes + o->at + i * sizeof(other),
		    sizeof(other));
		if (other == number)
			return "value is repeated";
	}
	if (n == JK_REMIND_MAX)
		return "too many of this key";
	memcpy(bytes + o->at + n * sizeof(number), &number, sizeof(number));
	n++;
	memcpy(bytes + o->count_at, &n, sizeof(n));
	return NULL;
}

/* "HH:MM", as minutes of the day; 24:00 ends it. */
static const char *
parse_clock(const struct jk_option *o, const char *value, void *object)
{
	static const char digits[] = "0123456789";
	unsigned h, m;

	if (strlen(value) != 5 || value[2] != ':' ||
	    strspn(value, digits) != 2 || strspn(value + 3, digits) != 2)
		return N_("not a time of the day (HH:MM)");
	h = (unsigned)(value[0] - '0') * 10 + (unsigned)(value[1] - '0');
	m = (unsigned)(value[3] - '0') * 10 + (unsigned)(value[4] - '0');
	if (m > 59 || h * 60 + m > 1440)
		return N_("not a time of the day (HH:MM)");
	m += h * 60;
	memcpy(field_of(o, object), &m, sizeof(m));
	return NULL;
}

static const char *
parse_affiliation(const struct jk_option *o, const char *value, void *object)
{
	const bool contractor = strcmp(value, "contractor") == 0;

	if (!contractor && strcmp(value, "staff") != 0)
		return N_("neither staff nor contractor");
	memcpy(field_of(o, object), &contractor, sizeof(contractor));
	return NULL;
}

static const char *
parse_terminal_state(const struct jk_option *o, const char *value, void *object)
{
	const bool revoked = strcmp(value, "revoked") == 0;

	if (!revoked && strcmp(value, "active") != 0)
		return N_("neither active nor revoked");
	memcpy(field_of(o, object), &revoked, sizeof(revoked));
	return NULL;
}

/* Absolute, or beside the file that says so. */
static bool
is_directory(const char *text)
{
	return text[0] == '/' || (strchr(text, '/') == NULL && text[0] != '.');
}

static const char *
parse_directory(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, is_directory,
	    "neither an absolute path nor a plain name");
}

static bool
is_usage(const char *text)
{
	ASN1_OBJECT *oid =
	    strlen(text) > JK_ID_MAX ? NULL : OBJ_txt2obj(text, 0);
	bool good = oid != NULL;

	ASN1_OBJECT_free(oid);
	ERR_clear_error();
	return good;
}

static const char *
parse_usage(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, is_usage,
	    "neither an OID nor the name of one");
}

/* What is done about a PIN: it is changed first, or not. */
static const char *
parse_demand(const struct jk_option *o, const char *value, const char *other,
    const char *fault, void *object)
{
	const bool yes = strcmp(value, other) == 0;

	if (!yes && strcmp(value, "change") != 0)
		return fault;
	memcpy(field_of(o, object), &yes, sizeof(yes));
	return NULL;
}

static const char *
parse_initial(const struct jk_option *o, const char *value, void *object)
{
	return parse_demand(o, value, "allow", "neither change nor allow",
	    object);
}

static const char *
parse_unknown(const struct jk_option *o, const char *value, void *object)
{
	return parse_demand(o, value, "warn", "neither change nor warn",
	    object);
}

static const char *
parse_unblock(const struct jk_option *o, const char *value, void *object)
{
	const bool yes = strcmp(value, "puk") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return "neither no nor puk";
	memcpy(field_of(o, object), &yes, sizeof(yes));
	return NULL;
}

static bool
is_pin(const char *text)
{
	const size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0 && len <= JK_FORBIDDEN_LEN;
}

static const char *
parse_pin(const struct jk_option *o, const char *value, void *object)
{
	return set_text(o, value, object, is_pin,
	    "not a PIN (1 to 16 printable characters)");
}

static const char *
parse_certificate(const void *data, size_t len, void *object)
{
	struct jk_card_draft *draft = object;

	return jk_cert_read_again(data, len, draft->old, &draft->card);
}

#define FIELD(type, member) \
	.at = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define LIST(type, member, count)                                             \
	.at = offsetof(type, member), .size = sizeof(((type *)0)->member[0]), \
	.max_count = JK_COUNT(((type *)0)->member),                           \
	.count_at = offsetof(type, count)

#define S  struct jk_settings_draft
#define P  struct jk_policy_draft
#define B  struct jk_business_draft
#define CD struct jk_card_draft

/* A mask is no list of its own: each value sets one bit of it. */
#define BITS(type, member, table) \
	FIELD(type, member), .words = &(table), .repeats = true
#define WORD(type, member, table) FIELD(type, member), .words = &(table)
#define TIME(type, member)        FIELD(type, member)
#define NOTED                     .kept = true

#define ID_RANGE   "1 to 64 of a-z, 0-9 and '-'"
#define DAY_RANGE  "YYYY-MM-DD"
#define DATE_RANGE "YYYY-MM-DD or YYYY-MM-DD HH:MM"
#define FROM_HELP  "first good day or minute"
#define UNTIL_HELP "last good day, or the minute that ends it"
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
	{ JK_CONF_TERMINAL, "login", "nameless", parse_service, LIST(S, settings.nameless, settings.n_nameless),
	  .range = "1 to 64 of a-z, 0-9 and \"_.-\"",
	  .help = "PAM service where the card names the account, up to 32" },
	{ JK_CONF_TERMINAL, "login", "contact", parse_text, FIELD(S, settings.contact),
	  .range = "text", .help = "whom to call, shown in messages" },
	{ JK_CONF_TERMINAL, "login", "dates", parse_dates, FIELD(S, settings.gregorian),
	  .fallback = "era", .range = "era or gregorian",
	  .help = "how days are written in Japanese texts" },
	{ JK_CONF_TERMINAL, "login", "pin-label", parse_label, FIELD(S, settings.password),
	  .fallback = "pin", .range = "pin or password",
	  .help = "what texts call a PIN" },
	{ JK_CONF_TERMINAL, "login", "show-name", parse_flag, FIELD(S, settings.show_name),
	  .fallback = "yes", .range = "yes or no",
	  .help = "whether another operator is told who is using the terminal" },

	{ JK_CONF_TERMINAL, "card", "kind", parse_listed, LIST(S, settings.kind, settings.n_kinds),
	  .words = &jk_card_kinds, .fallback = "piv jpki", .range = "piv, jpki, opensc",
	  .help = "in which language a card is asked, in this order" },
	{ JK_CONF_TERMINAL, "card", "pinpad", parse_flag, FIELD(S, settings.pinpad),
	  .fallback = "yes", .range = "yes or no",
	  .help = "whether the PIN is typed at a reader that has keys" },

	{ JK_CONF_TERMINAL, "audit", "recording", parse_recording, FIELD(S, settings.recording),
	  .fallback = "witnessed", .range = "witnessed, durable or kernel",
	  .help = "what proves that a record was kept" },
	{ JK_CONF_TERMINAL, "audit", "receipt", parse_number, FIELD(S, settings.receipt_ms),
	  .min = 100, .max = 10000, .scale = 1, .fallback = "2000", .range = "100 to 10000 milliseconds",
	  .help = "for the witness to see a record; then the caller is refused" },

	{ JK_CONF_TERMINAL, "session", "enforce", parse_service, LIST(S, settings.enforced, settings.n_enforced),
	  .range = "1 to 64 of a-z, 0-9 and \"_.-\"",
	  .help = "PAM service without sessions but ours, up to 32" },

	{ JK_CONF_TERMINAL, "session", "lock-within", parse_number, FIELD(S, settings.lock_within_s),
	  .min = 0, .max = 60, .scale = 1, .fallback = "10", .range = "0 to 60 seconds",
	  .help = "for the locker to say (LockedHint) that it has locked; then the session ends; 0: it never says" },
	{ JK_CONF_TERMINAL, "session", "locked-max", parse_number, FIELD(S, settings.locked_max_s),
	  .min = 0, .max = 1440, .scale = 60, .fallback = "120", .range = "0 to 1440 minutes",
	  .help = "then a session that stays locked is ended; 0: never" },
	{ JK_CONF_TERMINAL, "session", "card-left", parse_number, FIELD(S, settings.left_s),
	  .min = 0, .max = 3600, .scale = 1, .fallback = "60", .range = "0 to 3600 seconds",
	  .help = "until a card left in the reader is told, and from then on so often; 0: never (T-27)" },
	{ JK_CONF_TERMINAL, "session", "leftovers", parse_word, WORD(S, settings.leftovers, jk_leftovers),
	  .fallback = "wait", .range = "wait or end",
	  .help = "processes of an account whose session has ended: another person waits, or they are ended" },
	{ JK_CONF_TERMINAL, "session", "leftovers-wait", parse_number, FIELD(S, settings.leftovers_ms),
	  .min = 0, .max = 15, .scale = 1000, .fallback = "5", .range = "0 to 15 seconds",
	  .help = "how long another person waits for them before he is refused" },

	{ JK_CONF_TERMINAL, "lookup", "rate", parse_number, FIELD(S, settings.lookup_rate),
	  .min = 0, .max = JK_LOOKUP_RATE_MAX, .scale = 1, .fallback = "50", .range = "0 to 10000 a second",
	  .help = "queries of one person; what is above waits; 0: no limit" },
	{ JK_CONF_TERMINAL, "lookup", "burst", parse_number, FIELD(S, settings.lookup_burst),
	  .min = 1, .max = JK_LOOKUP_RATE_MAX, .scale = 1, .fallback = "200", .range = "1 to 10000",
	  .help = "queries of one person that are answered at once, after a pause" },
	{ JK_CONF_TERMINAL, "lookup", "reception-digits", parse_number, FIELD(S, settings.reception_digits),
	  .min = 1, .max = JK_RECEPTION_MAX, .scale = 1, .fallback = "10", .range = "1 to 64",
	  .help = "digits in a row in a number of an application; from 11 on it may be a resident code, in clear in the log" },

	{ JK_CONF_TERMINAL, "registry", "max-age", parse_number, FIELD(S, max_age_s),
	  .min = 1, .max = 366, .scale = 86400, .fallback = "7", .range = "1 to 366 days",
	  .help = "a snapshot older than this lets nobody in" },
	{ JK_CONF_TERMINAL, "registry", "sources", parse_text, FIELD(S, sources),
	  .fallback = "files", .range = "names with [STATUS=action]",
	  .help = "where the registry comes from, in this order" },

	{ JK_CONF_TERMINAL, "trust", "level", parse_word, WORD(S, trust.level, jk_trust_levels),
	  .fallback = "registered", .range = "registered, chain, crl-soft or crl-hard",
	  .help = "what is asked of a certificate beside being registered" },
	{ JK_CONF_TERMINAL, "trust", "ca-dir", parse_directory, FIELD(S, trust.ca_dir),
	  .fallback = "ca.d", .range = "absolute path, or a name beside this file",
	  .help = "certificates of CAs, from level chain on" },
	{ JK_CONF_TERMINAL, "trust", "crl-dir", parse_directory, FIELD(S, trust.crl_dir),
	  .fallback = "crl.d", .range = "absolute path, or a name beside this file",
	  .help = "their CRLs, at crl-soft and crl-hard" },
	{ JK_CONF_TERMINAL, "trust", "key-usage", parse_flag, FIELD(S, trust.key_usage),
	  .fallback = "yes", .range = "yes or no",
	  .help = "whether a key usage without digitalSignature is refused" },
	{ JK_CONF_TERMINAL, "trust", "extended-key-usage", parse_usage, LIST(S, trust.usage, trust.n_usages),
	  .range = "OID, or a name such as clientAuth",
	  .help = "what a certificate must be good for, one of up to 8" },

	{ JK_CONF_POLICY, "policy", "version", parse_service, FIELD(P, policy.version),
	  .required = true, .range = "1 to 64 of a-z, 0-9 and \"_.-\"",
	  .help = "names the edition of the policy" },
	{ JK_CONF_POLICY, "policy", "effective-from", parse_date, TIME(P, policy.effective_from),
	  .range = DAY_RANGE, .help = "the day from which this edition holds" },
	{ JK_CONF_POLICY, "policy", "contact", parse_text, FIELD(P, policy.contact),
	  .range = "text", .help = "whom to call where neither terminal nor department says" },
	{ JK_CONF_POLICY, "policy", "owning-department", parse_id, LIST(P, policy.owner, policy.n_owners),
	  .range = ID_RANGE, .help = "owns identity information (S-32), up to 8" },
	{ JK_CONF_POLICY, "policy", "require-checkout", parse_flag, FIELD(P, policy.checkout),
	  .fallback = "no", .range = "yes or no", .help = "no session without a hand-over of the card (T-02)" },
	{ JK_CONF_POLICY, "policy", "require-function", parse_flag, FIELD(P, policy.function_needed),
	  .fallback = "yes", .range = "yes or no",
	  .help = "officers who manage operators also need a type with the function" },
	{ JK_CONF_POLICY, "policy", "system-accounts", parse_flag, FIELD(P, system_accounts),
	  .fallback = "no", .range = "yes or no",
	  .help = "persons may be added to accounts of the system, but root (S-27)" },

	{ JK_CONF_POLICY, "policy", "supervisor", parse_bit, BITS(P, supervisors, jk_role_names),
	  .range = "id of a role",
	  .help = "may end, with his card at the locked screen, the session of somebody else" },

	{ JK_CONF_POLICY, "limits", "training-days", parse_number, FIELD(P, policy.training_s),
	  .min = 0, .max = 366, .scale = 86400, .fallback = "0", .range = "0 to 366 days",
	  .help = "from April 1 until who had no course is refused; 0: never (T-40)" },
	{ JK_CONF_POLICY, "limits", "review-days", parse_number, FIELD(P, limits.review_s),
	  .min = 1, .max = 731, .scale = 86400, .fallback = "184", .range = "1 to 731 days",
	  .help = "between two reviews of an account (S-28)" },
	{ JK_CONF_POLICY, "limits", "unused-days", parse_number, FIELD(P, limits.unused_s),
	  .min = 1, .max = 731, .scale = 86400, .fallback = "90", .range = "1 to 731 days",
	  .help = "until an operator ID that nobody used is listed (S-28)" },
	{ JK_CONF_POLICY, "limits", "fallback-days", parse_number, FIELD(P, limits.fallback_s),
	  .min = 1, .max = 31, .scale = 86400, .fallback = "1", .range = "1 to 31 days",
	  .help = "of an approval of the fallback PIN that names no end (S-25)" },
	{ JK_CONF_POLICY, "limits", "approval-days", parse_number, FIELD(P, limits.approval_s),
	  .min = 1, .max = 366, .scale = 86400, .fallback = "31", .range = "1 to 366 days",
	  .help = "of the longest approval that officers give (S-25)" },
	{ JK_CONF_POLICY, "limits", "delegation-days", parse_number, FIELD(P, limits.delegation_s),
	  .min = 1, .max = 731, .scale = 86400, .fallback = "366", .range = "1 to 731 days",
	  .help = "of the longest delegation (S-65)" },
	{ JK_CONF_POLICY, "limits", "bulk-count", parse_number, FIELD(P, policy.bulk_count),
	  .min = 0, .max = JK_BULK_MAX, .scale = 1, .fallback = "0", .range = "0 to 1000000 persons",
	  .help = "of one query; more need a permission by name; 0: never refused (A-09)" },
	{ JK_CONF_POLICY, "limits", "bulk-hour", parse_number, FIELD(P, policy.bulk_hour),
	  .min = 0, .max = JK_BULK_MAX, .scale = 1, .fallback = "0", .range = "0 to 1000000 persons",
	  .help = "the same of all queries of a person in 60 minutes (A-09)" },

	{ JK_CONF_POLICY, "hours", "open", parse_clock, FIELD(P, policy.open_min),
	  .range = "HH:MM", .help = "when work begins; without it there are no hours" },
	{ JK_CONF_POLICY, "hours", "close", parse_clock, FIELD(P, policy.close_min),
	  .range = "HH:MM", .help = "when it ends" },
	{ JK_CONF_POLICY, "hours", "weekday", parse_bit, BITS(P, policy.weekdays, jk_weekdays),
	  .range = "sun, mon, tue, wed, thu, fri, sat", .help = "a day of work; none: every day" },
	{ JK_CONF_POLICY, "hours", "closed-day", parse_day, FIELD(P, policy.closed),
	  .count_at = offsetof(P, policy.n_closed), .repeats = true,
	  .range = DAY_RANGE, .help = "a day without work, up to 64" },

	{ JK_CONF_POLICY, "pin", "change", parse_word, WORD(P, policy.pin.change, jk_pin_changes),
	  .fallback = "six-months", .range = "six-months, half-year, never",
	  .help = "how often a PIN has to be changed (T-30)" },
	{ JK_CONF_POLICY, "pin", "initial", parse_initial, FIELD(P, policy.pin.allow_initial),
	  .fallback = "change", .range = "change or allow",
	  .help = "a PIN that its holder has not set himself (T-17)" },
	{ JK_CONF_POLICY, "pin", "unknown", parse_unknown, FIELD(P, policy.pin.allow_unknown),
	  .fallback = "change", .range = "change or warn",
	  .help = "a PIN whose age nobody knows" },
	{ JK_CONF_POLICY, "pin", "remind", parse_remind, FIELD(P, policy.pin.remind[0]),
	  .count_at = offsetof(P, policy.pin.n_remind), .repeats = true,
	  .min = 1, .max = 366, .fallback = "30 14 7 1", .range = "1 to 366 days",
	  .help = "so long before it is due the holder is reminded, up to 8" },
	{ JK_CONF_POLICY, "pin", "digits", parse_flag, FIELD(P, policy.pin.digits),
	  .fallback = "no", .range = "yes or no", .help = "a new PIN has digits only" },
	{ JK_CONF_POLICY, "pin", "forbidden", parse_pin, LIST(P, policy.pin.forbidden, policy.pin.n_forbidden),
	  .range = "1 to 16 printable characters", .help = "a PIN that nobody may choose, up to 32 (T-28)" },
	{ JK_CONF_POLICY, "pin", "unblock", parse_unblock, FIELD(P, policy.pin.puk),
	  .fallback = "no", .range = "no or puk",
	  .help = "whether a blocked PIN is set anew here, with the card's PUK" },

	{ JK_CONF_POLICY, "class", "method", parse_bit, BITS(struct jk_class_rule, methods, jk_methods),
	  .required = true, .range = "card-pin, biometric, fallback-pin",
	  .help = "how one may prove who one is there" },
	{ JK_CONF_POLICY, "class", "room-level", parse_bit, BITS(struct jk_class_rule, room_levels, jk_room_levels),
	  .range = "1, 2, 3", .help = "rooms where such a terminal may be used (S-47); none: any" },

	{ JK_CONF_POLICY, "class", "card-present", parse_word, WORD(struct jk_class_rule, present, jk_presents),
	  .fallback = "required", .range = "required, at-login or must-be-removed",
	  .help = "whether the card has to be in the reader (T-27)" },
	{ JK_CONF_POLICY, "class", "removal", parse_word, WORD(struct jk_class_rule, removal, jk_removals),
	  .fallback = "lock", .range = "lock, logout or none",
	  .help = "what follows when the card is taken out (T-33)" },

	{ JK_CONF_POLICY, "business", "own-department", parse_flag, FIELD(B, own_department),
	  .fallback = "no", .range = "yes or no", .help = "only for owning departments (S-32)" },
	{ JK_CONF_POLICY, "business", "permission", parse_flag, FIELD(B, permission),
	  .fallback = "no", .range = "yes or no",
	  .help = "needs a permission of the identity information officer (S-34)" },
	{ JK_CONF_POLICY, "business", "second-person", parse_flag, FIELD(B, second_person),
	  .fallback = "no", .range = "yes or no", .help = "somebody else confirms (S-39)" },
	{ JK_CONF_POLICY, "business", "bulk", parse_flag, FIELD(B, bulk),
	  .fallback = "no", .range = "yes or no", .help = "many persons at once are usual (A-09)" },

	{ JK_CONF_POLICY, "type", "number", parse_number, FIELD(struct jk_type, number),
	  .min = 1, .max = 9, .scale = 1, .required = true, .range = "1 to 9",
	  .help = "number of the operator type" },
	{ JK_CONF_POLICY, "type", "enabled", parse_flag, FIELD(struct jk_type, enabled),
	  .fallback = "yes", .range = "yes or no",
	  .help = "whether operator IDs of this type may be used" },
	{ JK_CONF_POLICY, "type", "terminal-class", parse_bit, BITS(struct jk_type, classes, jk_classes),
	  .required = true, .range = CLASSES,
	  .help = "where this type may work" },
	{ JK_CONF_POLICY, "type", "business", parse_bit, BITS(struct jk_type, businesses, jk_businesses),
	  .range = "id of a business", .help = "what this type may do" },
	{ JK_CONF_POLICY, "type", "function", parse_bit, BITS(struct jk_type, functions, jk_functions),
	  .range = "id of a function", .help = "how this type may manage operators" },
	{ JK_CONF_POLICY, "type", "delegated-function", parse_bit, BITS(struct jk_type, delegated, jk_functions),
	  .range = "id of a function", .help = "the same, but only while it is delegated (S-65)" },

	{ JK_CONF_REGISTRY, "department", "name", parse_text, FIELD(struct jk_department, name),
	  .required = true, .range = "text", .help = "as people read it" },
	{ JK_CONF_REGISTRY, "department", "contact", parse_text, FIELD(struct jk_department, contact),
	  .range = "text", .help = "whom to call, shown in messages" },

	{ JK_CONF_REGISTRY, "person", "name", parse_text, FIELD(struct jk_person, name),
	  .required = true, .range = "text", .help = "as people read it" },
	{ JK_CONF_REGISTRY, "person", "department", parse_id, FIELD(struct jk_person, department),
	  .range = ID_RANGE, .help = "where the person works" },
	{ JK_CONF_REGISTRY, "person", "affiliation", parse_affiliation, FIELD(struct jk_person, contractor),
	  .fallback = "staff", .range = "staff or contractor", .help = "whose staff (S-56)" },
	{ JK_CONF_REGISTRY, "person", "approval", parse_noted, NOTED,
	  .range = "text", .help = "of a contractor: what the chief security officer approved" },
	{ JK_CONF_REGISTRY, "person", "valid-from", parse_from, FIELD(struct jk_person, valid.from),
	  .range = DATE_RANGE, .help = FROM_HELP },
	{ JK_CONF_REGISTRY, "person", "valid-until", parse_until, FIELD(struct jk_person, valid.until),
	  .range = DATE_RANGE, .help = UNTIL_HELP },
	{ JK_CONF_REGISTRY, "person", "enabled", parse_flag, FIELD(struct jk_person, enabled),
	  .fallback = "yes", .range = "yes or no", .help = "no: refused whatever else holds" },
	{ JK_CONF_REGISTRY, "person", "trained", parse_date, FIELD(struct jk_person, trained),
	  .range = DAY_RANGE, .help = "day of the last course (T-40)" },

	{ JK_CONF_REGISTRY, "account", "person", parse_id, LIST(struct jk_account, person, n_persons),
	  .required = true, .range = "id of a person",
	  .help = "who may use this Unix account, up to 16" },
	{ JK_CONF_REGISTRY, "account", "reviewed", parse_date, FIELD(struct jk_account, reviewed),
	  .range = DAY_RANGE, .help = "day of the last review (S-28)" },

	{ JK_CONF_REGISTRY, "operator-id", "person", parse_id, FIELD(struct jk_opid, person),
	  .required = true, .range = "id of a person", .help = "whose right this is" },
	{ JK_CONF_REGISTRY, "operator-id", "type", parse_id, FIELD(struct jk_opid, type),
	  .required = true, .range = "id of a type", .help = "which right, see jukinet-policy(5)" },
	{ JK_CONF_REGISTRY, "operator-id", "department", parse_id, FIELD(struct jk_opid, department),
	  .range = ID_RANGE, .help = "which department granted it" },
	{ JK_CONF_REGISTRY, "operator-id", "valid-from", parse_from, FIELD(struct jk_opid, valid.from),
	  .range = DATE_RANGE, .help = FROM_HELP },
	{ JK_CONF_REGISTRY, "operator-id", "valid-until", parse_until, FIELD(struct jk_opid, valid.until),
	  .range = DATE_RANGE, .help = UNTIL_HELP },
	{ JK_CONF_REGISTRY, "operator-id", "enabled", parse_flag, FIELD(struct jk_opid, enabled),
	  .fallback = "yes", .range = "yes or no", .help = "no: disabled, not deleted" },
	{ JK_CONF_REGISTRY, "operator-id", "granted-by", parse_noted, NOTED,
	  .range = "text", .help = "who granted it" },
	{ JK_CONF_REGISTRY, "operator-id", "basis", parse_noted, NOTED,
	  .range = "text", .help = "why it was granted" },

	{ JK_CONF_REGISTRY, "role", "person", parse_id, FIELD(struct jk_role, person),
	  .required = true, .range = "id of a person", .help = "who is the officer" },
	{ JK_CONF_REGISTRY, "role", "role", parse_word, WORD(struct jk_role, role, jk_role_names),
	  .required = true, .range = "id of a role", .help = "which officer" },
	{ JK_CONF_REGISTRY, "role", "department", parse_id, FIELD(struct jk_role, department),
	  .range = ID_RANGE, .help = "for which department; none: the whole office" },
	{ JK_CONF_REGISTRY, "role", "valid-from", parse_from, FIELD(struct jk_role, valid.from),
	  .range = DATE_RANGE, .help = FROM_HELP },
	{ JK_CONF_REGISTRY, "role", "valid-until", parse_until, FIELD(struct jk_role, valid.until),
	  .range = DATE_RANGE, .help = UNTIL_HELP },

	{ JK_CONF_REGISTRY, "approval", "kind", parse_word, WORD(struct jk_approval, kind, jk_approval_kinds),
	  .required = true, .range = "delegation, fallback-pin, after-hours, identity-info",
	  .help = "what it allows" },
	{ JK_CONF_REGISTRY, "approval", "person", parse_id, FIELD(struct jk_approval, person),
	  .required = true, .range = "id of a person", .help = "whom it allows it" },
	{ JK_CONF_REGISTRY, "approval", "by", parse_id, FIELD(struct jk_approval, by),
	  .required = true, .range = "id of a person", .help = "who approved, or delegates" },
	{ JK_CONF_REGISTRY, "approval", "terminal", parse_terminal, FIELD(struct jk_approval, terminal),
	  .required = true, .range = "id of a terminal, or * for every one", .help = "where it holds" },
	{ JK_CONF_REGISTRY, "approval", "valid-from", parse_from, FIELD(struct jk_approval, valid.from),
	  .required = true, .range = DATE_RANGE, .help = FROM_HELP },
	{ JK_CONF_REGISTRY, "approval", "valid-until", parse_until, FIELD(struct jk_approval, valid.until),
	  .required = true, .range = DATE_RANGE, .help = UNTIL_HELP },
	{ JK_CONF_REGISTRY, "approval", "once", parse_flag, FIELD(struct jk_approval, once),
	  .fallback = "no", .range = "yes or no", .help = "good for one use" },
	{ JK_CONF_REGISTRY, "approval", "function", parse_bit, BITS(struct jk_approval, functions, jk_functions),
	  .range = "id of a function", .help = "of a delegation: what is delegated" },
	{ JK_CONF_REGISTRY, "approval", "business", parse_bit, BITS(struct jk_approval, businesses, jk_businesses),
	  .range = "id of a business", .help = "of identity-info: for what; none: all" },
	{ JK_CONF_REGISTRY, "approval", "reason", parse_noted, NOTED,
	  .range = "text", .help = "why it was approved" },

	{ JK_CONF_REGISTRY, "card", "person", parse_id, FIELD(CD, card.person),
	  .range = "id of a person", .help = "whose card this is; needed but for a spare card" },
	{ JK_CONF_REGISTRY, "card", "certificate", NULL, .parse_bytes = parse_certificate,
	  .range = "plain file name",
	  .help = "PEM file beside this one, holding exactly one certificate" },
	{ JK_CONF_REGISTRY, "card", "state", parse_word, WORD(CD, card.state, jk_card_states),
	  .fallback = "active", .range = "id of a state", .help = "where it is in its life" },
	{ JK_CONF_REGISTRY, "card", "spare", parse_flag, FIELD(CD, card.spare),
	  .fallback = "no", .range = "yes or no", .help = "lent for a day to whoever needs one" },
	{ JK_CONF_REGISTRY, "card", "handed-at", parse_from, FIELD(CD, handed_at),
	  .range = DATE_RANGE, .help = "when it was handed over (T-03); none: it is in the cabinet" },
	{ JK_CONF_REGISTRY, "card", "handed-by", parse_noted, NOTED,
	  .range = "text", .help = "who handed it over" },
	{ JK_CONF_REGISTRY, "card", "requested-by", parse_noted, NOTED,
	  .range = "text", .help = "who asked for it (T-10)" },
	{ JK_CONF_REGISTRY, "card", "applied-by", parse_noted, NOTED,
	  .range = "text", .help = "security manager who applied (T-11)" },
	{ JK_CONF_REGISTRY, "card", "approved-by", parse_noted, NOTED,
	  .range = "text", .help = "system manager who approved (T-12)" },
	{ JK_CONF_REGISTRY, "card", "entry-number", parse_noted, NOTED,
	  .range = "text", .help = "of the application to enter the issuing room (T-13)" },
	{ JK_CONF_REGISTRY, "card", "issued-by", parse_noted, NOTED,
	  .range = "text", .help = "who issued it (T-14)" },
	{ JK_CONF_REGISTRY, "card", "card-channel", parse_noted, NOTED,
	  .range = "text", .help = "how the card was sent (T-17)" },
	{ JK_CONF_REGISTRY, "card", "pin-channel", parse_noted, NOTED,
	  .range = "text", .help = "how the PIN was told, another way (T-17)" },
	{ JK_CONF_REGISTRY, "card", "received-by", parse_noted, NOTED,
	  .range = "text", .help = "who entered the receipt (T-18)" },
	{ JK_CONF_REGISTRY, "card", "return-by", parse_noted, NOTED,
	  .range = "text", .help = "who asked for its return (T-19)" },
	{ JK_CONF_REGISTRY, "card", "return-applied-by", parse_noted, NOTED,
	  .range = "text", .help = "security manager who applied for it (T-20)" },
	{ JK_CONF_REGISTRY, "card", "return-approved-by", parse_noted, NOTED,
	  .range = "text", .help = "system manager who approved it (T-21)" },
	{ JK_CONF_REGISTRY, "card", "revoked-why", parse_noted, NOTED,
	  .range = "text", .help = "lost, stolen, damaged ... (T-38)" },
	{ JK_CONF_REGISTRY, "card", "pin-set", parse_from, FIELD(CD, card.pin_set),
	  .range = DATE_RANGE, .help = "when its PIN was set last (T-30); none: not known" },
	{ JK_CONF_REGISTRY, "card", "pin-initial", parse_flag, FIELD(CD, card.pin_initial),
	  .fallback = "no", .range = "yes or no", .help = "yes: by the office, not by the holder (T-17)" },

	{ JK_CONF_REGISTRY, "terminal", "class", parse_word, WORD(struct jk_terminal, class, jk_classes),
	  .required = true, .range = CLASSES, .help = "what kind of terminal this is" },
	{ JK_CONF_REGISTRY, "terminal", "department", parse_id, LIST(struct jk_terminal, department, n_departments),
	  .range = ID_RANGE, .help = "who uses it, up to 8 (T-08)" },
	{ JK_CONF_REGISTRY, "terminal", "site", parse_id, FIELD(struct jk_terminal, site),
	  .range = ID_RANGE, .help = "where it stands (T-08)" },
	{ JK_CONF_REGISTRY, "terminal", "room-level", parse_number, FIELD(struct jk_terminal, room_level),
	  .min = 1, .max = 3, .scale = 1, .range = "1 to 3", .help = "of the room (S-47)" },
	{ JK_CONF_REGISTRY, "terminal", "state", parse_terminal_state, FIELD(struct jk_terminal, revoked),
	  .fallback = "active", .range = "active or revoked", .help = "revoked: stolen, or out of use (T-38)" },
};
/* clang-format on */

const size_t jk_n_options = JK_COUNT(jk_options);
static_assert(JK_COUNT(jk_options) <= JK_OPTIONS_MAX, "room for all of them");

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

static bool
section_has_id(enum jk_conf_file file, const char *section)
{
	return file == JK_CONF_REGISTRY || strcmp(section, "type") == 0 ||
	       strcmp(section, "class") == 0 ||
	       strcmp(section, "business") == 0;
}

static bool
is_of(const struct jk_option *o, enum jk_conf_file file, const char *section)
{
	return o->file == file && strcmp(o->section, section) == 0;
}

const struct jk_option *
jk_section_options(enum jk_conf_file file, const char *section, size_t *ret_n)
{
	size_t first = 0, n = 0;

	while (
	    first < jk_n_options && !is_of(&jk_options[first], file, section))
		first++;
	while (first + n < jk_n_options &&
	       is_of(&jk_options[first + n], file, section))
		n++;
	*ret_n = n;
	return n > 0 ? &jk_options[first] : NULL;
}

bool
jk_section_exists(enum jk_conf_file file, const char *section, bool *ret_has_id)
{
	size_t n;

	if (jk_section_options(file, section, &n) == NULL)
		return false;
	*ret_has_id = section_has_id(file, section);
	return true;
}

bool
jk_option_repeats(const struct jk_option *option)
{
	return option->repeats || option->max_count > 0;
}

const struct jk_option *
jk_option_find(enum jk_conf_file file, const char *section, const char *key)
{
	size_t n;
	const struct jk_option *o = jk_section_options(file, section, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(o[i].key, key) == 0)
			return &o[i];
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
		return N_("value is repeated");
	if (n >= o->max_count)
		return N_("too many of this key");
	element.at += n * o->size;
	reason = o->parse(&element, value, object);
	if (reason != NULL)
		return reason;
	n++;
	memcpy(bytes + o->count_at, &n, sizeof(n));
	return NULL;
}

/* What a file cannot hold cannot come from a directory either. */
static const char *
value_fault(const char *value, size_t len)
{
	if (len == 0)
		return N_("there is no value");
	if (memchr(value, '\t', len) != NULL)
		return N_("tab inside a value");
	if (value[0] == ' ' || value[len - 1] == ' ')
		return N_("blank at the edge of a value");
	return jk_plaintext_fault(value, len);
}

const char *
jk_option_set(const struct jk_option *option, const char *value, size_t len,
    void *object)
{
	const char *fault;

	if (option->parse_bytes != NULL)
		return option->parse_bytes(value, len, object);
	fault = value_fault(value, len);
	if (fault != NULL)
		return fault;
	if (option->max_count > 0)
		return append(option, value, object);
	return option->parse(option, value, object);
}
