/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every key there is, once more and independently: what it takes at its bounds
 * and what it refuses. A key that is not in this table is a failure.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "options.h"

#define X64        "a123456789-a123456789-a123456789-a123456789-a123456789-abcdefghi"
#define VALUES_MAX 20

/* Kinds of values: what each takes, and what it refuses. */
struct kind {
	const char *good[VALUES_MAX], *bad[VALUES_MAX];
};

static const struct kind id = {
	{ "a", "0", "p0123", "a--b", X64 },
	{ "", "A", "-a", "a_b", "a.b", "a b", "\xe4\xbd\x8f", X64 "x", "*" },
};
static const struct kind terminal = {
	{ "*", "shimin-03", X64 },
	{ "", "**", "* ", "a*", X64 "x" },
};
static const struct kind service = {
	{ "login", "gdm-password", "2026-11", "a_b.c", X64 },
	{ "", "../x", ".x", "-x", "_x", "Login", "a b", X64 "x" },
};
static const struct kind flag = {
	{ "yes", "no" },
	{ "", "maybe", "true", "1", "Yes", "yes " },
};
static const struct kind day = {
	{ "2026-04-01", "2024-02-29", "1970-01-02", "9999-12-31" },
	{ "", "2026-02-30", "2025-02-29", "2026-4-1", "2026/04/01", "tomorrow",
	    "2026-04-01 08:30", "2026-13-01", "1969-12-31", "2026-04-01x" },
};
static const struct kind date = {
	{ "2026-04-01", "2026-04-01 00:00", "2026-04-01 23:59" },
	{ "", "2026-02-30", "2026-04-01 24:00", "2026-04-01 8:30",
	    "2026-04-01T08:30", "2026-04-01 08:60", "2026-04-01 08:30:00",
	    "2026-04-01  08:30", "08:30", "today" },
};
static const struct kind clock_time = {
	{ "00:00", "08:30", "23:59", "24:00" },
	{ "", "8:30", "24:01", "25:00", "08:60", "0830", "08-30", "08:3",
	    "08:30:00", "-1:30" },
};
static const struct kind text = {
	{ "x", "\xe4\xbd\x8f\xe5\x9f\xba", "a = b ; c # d" },
	{ "", " x", "x ", "a\tb", "a\nb", "\xff", "a\x1b[2J",
	    "a\xe2\x80\xae"
	    "b" },
};
static const struct kind affiliation = { { "staff", "contractor" },
	{ "", "Staff", "other" } };
static const struct kind terminal_state = { { "active", "revoked" },
	{ "", "lost", "returned" } };
static const struct kind card_kind = { { "piv", "jpki", "opensc" },
	{ "PIV", "cac", "piv jpki", "" } };
static const struct kind recording = { { "witnessed", "durable", "kernel" },
	{ "", "none", "maybe" } };
static const struct kind class = {
	{ "cs", "integrated-terminal", "integrated-terminal-other-dept" },
	{ "", "pc", "CS", "communication server" },
};
static const struct kind business = {
	{ "identity-confirmation", "identity-info-search",
	    "identity-info-update", "moving", "wide-area-issuance",
	    "statistics", "resident-code-management",
	    "identity-info-reconciliation", "provision-disclosure",
	    "character-code-management", "public-personal-authentication",
	    "counter-identity-confirmation", "information-provision",
	    "family-register-supplement" },
	/* Issuing cards is no business (別紙1 項番1備考). */
	{ "", "card-issuing", "resident-card-management", "operator-register",
	    "Moving", "moving-desk", "all", "*" },
};
static const struct kind function = {
	{ "operator-register", "permission-add-return",
	    "operator-change-delete", "biometric-reenroll",
	    "operator-expiry-change", "operator-id-disable",
	    "operator-status-query", "permission-status-query",
	    "delegation-history-query", "permission-set" },
	{ "", "moving", "all", "*" },
};
static const struct kind method = {
	{ "card-pin", "biometric", "fallback-pin" },
	{ "", "none", "pin", "password" },
};
static const struct kind level = { { "1", "2", "3" },
	{ "", "0", "none", "4", "01" } };
static const struct kind trust = {
	{ "registered", "chain", "crl-soft", "crl-hard" },
	{ "", "none", "crl", "Chain" },
};
static const struct kind directory = {
	{ "ca.d", "/etc/pki/ca", "/", "a b" },
	{ "", ".", "..", "../ca.d", "./ca.d", "a/b", ".ca" },
};
static const struct kind usage = {
	{ "clientAuth", "msSmartcardLogin", "1.3.6.1.5.5.7.3.2",
	    "TLS Web Client Authentication", "2.5.29.37.0" },
	{ "", "login", "1.", "1.3.x", "3.1", "clientauth", X64 "x" },
};
static const struct kind weekday = {
	{ "sun", "mon", "tue", "wed", "thu", "fri", "sat" },
	{ "", "Mon", "monday", "0" },
};
static const struct kind role = {
	{ "chief-security-officer", "system-manager", "security-officer",
	    "security-manager", "access-manager", "identity-info-officer",
	    "entry-manager", "auditor" },
	{ "", "admin", "operator" },
};
static const struct kind approval = {
	{ "delegation", "fallback-pin", "after-hours", "identity-info" },
	{ "", "card-pin", "hand-over" },
};
static const struct kind state = {
	{ "requested", "applied", "approved", "issued", "active",
	    "return-requested", "return-applied", "return-approved", "returned",
	    "revoked" },
	{ "", "lost", "inactive", "Active" },
};
/* Which certificates are taken: test_cert.c. */
static const struct kind certificate = { { NULL }, { "", "0", "c.pem" } };
static const struct kind pin_change = {
	{ "six-months", "half-year", "never" },
	{ "", "6", "half", "Never" },
};
static const struct kind pin_initial = { { "change", "allow" },
	{ "", "yes", "warn" } };
static const struct kind pin_unknown = { { "change", "warn" },
	{ "", "no", "allow" } };
static const struct kind pin = { { "1", "246810", "aB3!", "0123456789abcdef" },
	{ "", "12 34", "0123456789abcdefg", "\xe4\xbd\x8f", "12\x7f" } };
static const struct kind leftovers = { { "wait", "end" },
	{ "", "kill", "Wait" } };
static const struct kind present = {
	{ "required", "at-login", "must-be-removed" }, { "", "yes", "never" }
};
static const struct kind removal = { { "lock", "logout", "none" },
	{ "", "no", "Lock" } };
static const struct kind unblock = { { "no", "puk" }, { "", "yes", "PUK" } };
static const struct kind dates = { { "era", "gregorian" },
	{ "", "yes", "Era", "wareki" } };
static const struct kind label = { { "pin", "password" },
	{ "", "PIN", "yes", "passwords" } };
static const struct kind number = { { NULL },
	{ "", "+5", "-1", "05", "5 ", " 5", "0x5", "5.0", "five", "1000000000",
	    "99999999999999999999" } };

static const struct row {
	enum jk_conf_file file;
	const char *section, *key;
	const struct kind *kind;
	long min, max; /* of numbers */
} rows[] = {
	{ JK_CONF_TERMINAL, "terminal", "id", &id, 0, 0 },
	{ JK_CONF_TERMINAL, "login", "deadline", &number, 3, 55 },
	{ JK_CONF_TERMINAL, "login", "card-wait", &number, 1, 55 },
	{ JK_CONF_TERMINAL, "login", "pin-min", &number, 1, 64 },
	{ JK_CONF_TERMINAL, "login", "pin-max", &number, 1, 64 },
	{ JK_CONF_TERMINAL, "login", "nameless", &service, 0, 0 },
	{ JK_CONF_TERMINAL, "login", "contact", &text, 0, 0 },
	{ JK_CONF_TERMINAL, "login", "dates", &dates, 0, 0 },
	{ JK_CONF_TERMINAL, "login", "pin-label", &label, 0, 0 },
	{ JK_CONF_TERMINAL, "login", "show-name", &flag, 0, 0 },
	{ JK_CONF_TERMINAL, "card", "kind", &card_kind, 0, 0 },
	{ JK_CONF_TERMINAL, "card", "pinpad", &flag, 0, 0 },
	{ JK_CONF_TERMINAL, "audit", "recording", &recording, 0, 0 },
	{ JK_CONF_TERMINAL, "audit", "receipt", &number, 100, 10000 },
	{ JK_CONF_TERMINAL, "session", "enforce", &service, 0, 0 },
	{ JK_CONF_TERMINAL, "session", "lock-within", &number, 0, 60 },
	{ JK_CONF_TERMINAL, "session", "locked-max", &number, 0, 1440 },
	{ JK_CONF_TERMINAL, "session", "card-left", &number, 0, 3600 },
	{ JK_CONF_TERMINAL, "session", "leftovers", &leftovers, 0, 0 },
	{ JK_CONF_TERMINAL, "session", "leftovers-wait", &number, 0, 15 },
	{ JK_CONF_TERMINAL, "lookup", "rate", &number, 0, 10000 },
	{ JK_CONF_TERMINAL, "lookup", "burst", &number, 1, 10000 },
	{ JK_CONF_TERMINAL, "lookup", "reception-digits", &number, 1, 64 },
	{ JK_CONF_TERMINAL, "registry", "max-age", &number, 1, 366 },
	{ JK_CONF_TERMINAL, "registry", "sources", &text, 0, 0 },
	{ JK_CONF_TERMINAL, "trust", "level", &trust, 0, 0 },
	{ JK_CONF_TERMINAL, "trust", "ca-dir", &directory, 0, 0 },
	{ JK_CONF_TERMINAL, "trust", "crl-dir", &directory, 0, 0 },
	{ JK_CONF_TERMINAL, "trust", "key-usage", &flag, 0, 0 },
	{ JK_CONF_TERMINAL, "trust", "extended-key-usage", &usage, 0, 0 },
	{ JK_CONF_POLICY, "policy", "version", &service, 0, 0 },
	{ JK_CONF_POLICY, "policy", "effective-from", &day, 0, 0 },
	{ JK_CONF_POLICY, "policy", "system-accounts", &flag, 0, 0 },
	{ JK_CONF_POLICY, "policy", "contact", &text, 0, 0 },
	{ JK_CONF_POLICY, "policy", "owning-department", &id, 0, 0 },
	{ JK_CONF_POLICY, "policy", "require-checkout", &flag, 0, 0 },
	{ JK_CONF_POLICY, "policy", "require-function", &flag, 0, 0 },
	{ JK_CONF_POLICY, "policy", "supervisor", &role, 0, 0 },
	{ JK_CONF_POLICY, "limits", "training-days", &number, 0, 366 },
	{ JK_CONF_POLICY, "limits", "review-days", &number, 1, 731 },
	{ JK_CONF_POLICY, "limits", "unused-days", &number, 1, 731 },
	{ JK_CONF_POLICY, "limits", "fallback-days", &number, 1, 31 },
	{ JK_CONF_POLICY, "limits", "approval-days", &number, 1, 366 },
	{ JK_CONF_POLICY, "limits", "delegation-days", &number, 1, 731 },
	{ JK_CONF_POLICY, "limits", "bulk-count", &number, 0, 1000000 },
	{ JK_CONF_POLICY, "limits", "bulk-hour", &number, 0, 1000000 },
	{ JK_CONF_POLICY, "hours", "open", &clock_time, 0, 0 },
	{ JK_CONF_POLICY, "hours", "close", &clock_time, 0, 0 },
	{ JK_CONF_POLICY, "hours", "weekday", &weekday, 0, 0 },
	{ JK_CONF_POLICY, "hours", "closed-day", &day, 0, 0 },
	{ JK_CONF_POLICY, "pin", "change", &pin_change, 0, 0 },
	{ JK_CONF_POLICY, "pin", "initial", &pin_initial, 0, 0 },
	{ JK_CONF_POLICY, "pin", "unknown", &pin_unknown, 0, 0 },
	{ JK_CONF_POLICY, "pin", "remind", &number, 1, 366 },
	{ JK_CONF_POLICY, "pin", "digits", &flag, 0, 0 },
	{ JK_CONF_POLICY, "pin", "forbidden", &pin, 0, 0 },
	{ JK_CONF_POLICY, "pin", "unblock", &unblock, 0, 0 },
	{ JK_CONF_POLICY, "class", "method", &method, 0, 0 },
	{ JK_CONF_POLICY, "class", "room-level", &level, 0, 0 },
	{ JK_CONF_POLICY, "class", "card-present", &present, 0, 0 },
	{ JK_CONF_POLICY, "class", "removal", &removal, 0, 0 },
	{ JK_CONF_POLICY, "business", "own-department", &flag, 0, 0 },
	{ JK_CONF_POLICY, "business", "permission", &flag, 0, 0 },
	{ JK_CONF_POLICY, "business", "second-person", &flag, 0, 0 },
	{ JK_CONF_POLICY, "business", "bulk", &flag, 0, 0 },
	{ JK_CONF_POLICY, "type", "number", &number, 1, 9 },
	{ JK_CONF_POLICY, "type", "enabled", &flag, 0, 0 },
	{ JK_CONF_POLICY, "type", "terminal-class", &class, 0, 0 },
	{ JK_CONF_POLICY, "type", "business", &business, 0, 0 },
	{ JK_CONF_POLICY, "type", "function", &function, 0, 0 },
	{ JK_CONF_POLICY, "type", "delegated-function", &function, 0, 0 },
	{ JK_CONF_REGISTRY, "department", "name", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "department", "contact", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "person", "name", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "person", "department", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "person", "affiliation", &affiliation, 0, 0 },
	{ JK_CONF_REGISTRY, "person", "approval", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "person", "valid-from", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "person", "valid-until", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "person", "enabled", &flag, 0, 0 },
	{ JK_CONF_REGISTRY, "person", "trained", &day, 0, 0 },
	{ JK_CONF_REGISTRY, "account", "person", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "account", "reviewed", &day, 0, 0 },
	{ JK_CONF_REGISTRY, "operator-id", "person", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "operator-id", "type", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "operator-id", "department", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "operator-id", "valid-from", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "operator-id", "valid-until", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "operator-id", "enabled", &flag, 0, 0 },
	{ JK_CONF_REGISTRY, "operator-id", "granted-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "operator-id", "basis", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "role", "person", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "role", "role", &role, 0, 0 },
	{ JK_CONF_REGISTRY, "role", "department", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "role", "valid-from", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "role", "valid-until", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "kind", &approval, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "person", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "by", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "terminal", &terminal, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "valid-from", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "valid-until", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "once", &flag, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "function", &function, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "business", &business, 0, 0 },
	{ JK_CONF_REGISTRY, "approval", "reason", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "person", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "certificate", &certificate, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "state", &state, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "spare", &flag, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "handed-at", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "handed-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "requested-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "applied-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "approved-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "entry-number", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "issued-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "card-channel", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "pin-channel", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "received-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "return-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "return-applied-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "return-approved-by", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "revoked-why", &text, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "pin-set", &date, 0, 0 },
	{ JK_CONF_REGISTRY, "card", "pin-initial", &flag, 0, 0 },
	{ JK_CONF_REGISTRY, "terminal", "class", &class, 0, 0 },
	{ JK_CONF_REGISTRY, "terminal", "department", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "terminal", "site", &id, 0, 0 },
	{ JK_CONF_REGISTRY, "terminal", "room-level", &number, 1, 3 },
	{ JK_CONF_REGISTRY, "terminal", "state", &terminal_state, 0, 0 },
};

/* As large as what any section fills. */
union object {
	struct jk_settings_draft settings;
	struct jk_policy_draft policy;
	struct jk_business_draft business;
	struct jk_class_rule class;
	struct jk_type type;
	struct jk_department department;
	struct jk_person person;
	struct jk_account account;
	struct jk_opid opid;
	struct jk_role role;
	struct jk_approval approval;
	struct jk_card_draft card;
	struct jk_terminal terminal;
};

static union object object, before;

static size_t
room_of(const struct jk_option *o)
{
	static const struct {
		enum jk_conf_file file;
		const char *section;
		size_t size;
	} rooms[] = {
		{ JK_CONF_POLICY, "type", sizeof(struct jk_type) },
		{ JK_CONF_POLICY, "class", sizeof(struct jk_class_rule) },
		{ JK_CONF_POLICY, "business",
		    sizeof(struct jk_business_draft) },
		{ JK_CONF_REGISTRY, "department",
		    sizeof(struct jk_department) },
		{ JK_CONF_REGISTRY, "person", sizeof(struct jk_person) },
		{ JK_CONF_REGISTRY, "account", sizeof(struct jk_account) },
		{ JK_CONF_REGISTRY, "operator-id", sizeof(struct jk_opid) },
		{ JK_CONF_REGISTRY, "role", sizeof(struct jk_role) },
		{ JK_CONF_REGISTRY, "approval", sizeof(struct jk_approval) },
		{ JK_CONF_REGISTRY, "card", sizeof(struct jk_card_draft) },
		{ JK_CONF_REGISTRY, "terminal", sizeof(struct jk_terminal) },
	};

	for (size_t i = 0; i < JK_COUNT(rooms); i++)
		if (rooms[i].file == o->file &&
		    strcmp(rooms[i].section, o->section) == 0)
			return rooms[i].size;
	return o->file == JK_CONF_TERMINAL ? sizeof(struct jk_settings_draft)
	                                   : sizeof(struct jk_policy_draft);
}

static const char *
set_text(const struct jk_option *o, const char *value)
{
	return jk_option_set(o, value, strlen(value), &object);
}

static const struct jk_option *
find(const struct row *row)
{
	const struct jk_option *o =
	    jk_option_find(row->file, row->section, row->key);

	if (o == NULL)
		fail_msg("[%s] %s: no such key", row->section, row->key);
	return o;
}

/* Every field lies inside what its section fills, and has the width that its
 * parser writes. */
static void
test_options_table_is_sound(void **unused)
{
	bool has_id;

	(void)unused;
	assert_true(jk_n_options <= JK_OPTIONS_MAX);
	assert_int_equal(jk_n_options, JK_COUNT(rows));
	for (size_t i = 0; i < jk_n_options; i++) {
		const struct jk_option *o = &jk_options[i];
		size_t n = o->max_count > 0 ? o->max_count : 1;

		assert_true(jk_section_exists(o->file, o->section, &has_id));
		/* Also fails when a section's keys do not stand together. */
		assert_ptr_equal(jk_option_find(o->file, o->section, o->key),
		    o);
		assert_true(o->range != NULL && o->help != NULL);
		assert_false(o->required && o->fallback != NULL);
		assert_true((o->parse == NULL) != (o->parse_bytes == NULL));
		assert_true(o->at + n * o->size <= room_of(o));
		assert_true(o->count_at + sizeof(size_t) <= room_of(o) ||
		            o->count_at == 0);
		if (o->words != NULL && o->max_count == 0)
			assert_int_equal(o->size, sizeof(uint32_t));
		if (o->max > 0)
			assert_true(o->size == sizeof(unsigned) ||
			            o->size == sizeof(int64_t));
		if (o->max > 0 && o->size == sizeof(unsigned))
			assert_int_equal(o->scale, 1);
		object = (union object){ 0 };
		/* Of a list it is several words: see test_conf. */
		if (o->fallback != NULL && !jk_option_repeats(o))
			assert_null(set_text(o, o->fallback));
	}
}

static void
test_options_good_values_are_taken(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const struct jk_option *o = find(&rows[i]);
		char value[32];

		for (size_t j = 0; j < VALUES_MAX; j++) {
			const char *good = rows[i].kind->good[j], *fault;

			memset(&object, 0, sizeof(object));
			if (good == NULL)
				break;
			fault = set_text(o, good);
			if (fault != NULL)
				fail_msg("[%s] %s = %s: %s", rows[i].section,
				    rows[i].key, good, fault);
		}
		for (unsigned j = 0; j < 2 && rows[i].kind == &number; j++) {
			snprintf(value, sizeof(value), "%ld",
			    j == 0 ? rows[i].min : rows[i].max);
			assert_null(set_text(o, value));
		}
	}
}

static void
refused(const struct row *row, const char *value)
{
	const struct jk_option *o = find(row);

	/* Nothing is set, in the option or beside it. */
	memset(&object, 0, sizeof(object));
	memset(&before, 0, sizeof(before));
	if (set_text(o, value) == NULL)
		fail_msg("[%s] %s = %s: was taken", row->section, row->key,
		    value);
	assert_memory_equal(&object, &before, sizeof(object));
}

static void
test_options_bad_values_are_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		char value[32];

		for (size_t j = 0; j < VALUES_MAX; j++)
			if (rows[i].kind->bad[j] != NULL)
				refused(&rows[i], rows[i].kind->bad[j]);
		if (rows[i].kind != &number)
			continue;
		snprintf(value, sizeof(value), "%ld", rows[i].max + 1);
		refused(&rows[i], value);
		snprintf(value, sizeof(value), "%ld", rows[i].min - 1);
		refused(&rows[i], value);
	}
}

static void
test_options_texts_have_192_bytes(void **unused)
{
	char value[300];

	(void)unused;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		if (rows[i].kind != &text)
			continue;
		memset(&object, 0, sizeof(object));
		memset(value, 'x', sizeof(value));
		value[192] = '\0';
		assert_null(set_text(find(&rows[i]), value));
		value[192] = 'x';
		value[193] = '\0';
		refused(&rows[i], value);
		assert_string_equal(set_text(find(&rows[i]), value),
		    "longer than 192 bytes");
	}
}

static void
test_options_nul_is_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		assert_non_null(
		    jk_option_set(find(&rows[i]), "a\0b", 3, &object));
}

/* The key may stand there that often; once more it is refused. */
static void
fill_list(enum jk_conf_file file, const char *section, const char *key,
    const char *before_number, const char *behind, unsigned max)
{
	const struct jk_option *o = jk_option_find(file, section, key);
	char value[32];

	memset(&object, 0, sizeof(object));
	assert_true(jk_option_repeats(o));
	for (unsigned i = 0; i < max; i++) {
		snprintf(value, sizeof(value), "%s%u%s", before_number,
		    2000 + i, behind);
		assert_null(set_text(o, value));
		assert_string_equal(set_text(o, value), "value is repeated");
	}
	before = object;
	snprintf(value, sizeof(value), "%s%u%s", before_number, 2000 + max,
	    behind);
	assert_string_equal(set_text(o, value), "too many of this key");
	assert_memory_equal(&object, &before, sizeof(object));
}

static void
test_options_lists_have_their_ends(void **unused)
{
	int64_t s;

	(void)unused;
	fill_list(JK_CONF_TERMINAL, "session", "enforce", "s", "", 32);
	assert_int_equal(object.settings.settings.n_enforced, 32);
	assert_string_equal(object.settings.settings.enforced[31], "s2031");
	fill_list(JK_CONF_TERMINAL, "login", "nameless", "s", "", 32);
	assert_int_equal(object.settings.settings.n_nameless, 32);
	assert_string_equal(object.settings.settings.nameless[31], "s2031");
	fill_list(JK_CONF_POLICY, "policy", "owning-department", "d", "", 8);
	assert_int_equal(object.policy.policy.n_owners, 8);
	fill_list(JK_CONF_POLICY, "hours", "closed-day", "", "-01-01", 64);
	assert_int_equal(object.policy.policy.n_closed, 64);
	assert_int_equal(jk_date_parse("2063-01-01", &s), JK_OK);
	assert_int_equal(object.policy.policy.closed[63], s);
	assert_int_equal(jk_date_parse("2000-01-01", &s), JK_OK);
	assert_int_equal(object.policy.policy.closed[0], s);
	assert_int_equal(object.policy.policy.weekdays, 0);
	fill_list(JK_CONF_REGISTRY, "account", "person", "p", "", 16);
	assert_int_equal(object.account.n_persons, 16);
	fill_list(JK_CONF_REGISTRY, "terminal", "department", "d", "", 8);
	assert_int_equal(object.terminal.n_departments, 8);
}

static void
test_options_words_are_bits_of_their_number(void **unused)
{
	const struct jk_option *o;

	(void)unused;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		uint32_t mask = 0, got;

		o = find(&rows[i]);
		if (o->words == NULL || !o->repeats)
			continue;
		memset(&object, 0, sizeof(object));
		for (size_t n = o->words->first; n < o->words->n; n++) {
			mask |= UINT32_C(1) << n;
			assert_null(set_text(o, o->words->word[n].id));
			assert_string_equal(set_text(o, o->words->word[n].id),
			    "value is repeated");
			memcpy(&got, (uint8_t *)&object + o->at, sizeof(got));
			assert_int_equal(got, mask);
		}
	}
	memset(&object, 0, sizeof(object));
	o = jk_option_find(JK_CONF_REGISTRY, "card", "state");
	assert_null(set_text(o, "return-applied"));
	assert_int_equal(object.card.card.state, JK_CARD_RETURN_APPLIED);
	assert_string_equal(set_text(o, "lost"), jk_card_states.fault);
}

static int64_t
stored(const char *section, const char *key, const char *value)
{
	static const enum jk_conf_file files[] = { JK_CONF_TERMINAL,
		JK_CONF_POLICY, JK_CONF_REGISTRY };
	const struct jk_option *o = NULL;
	int64_t got = 0;

	memset(&object, 0, sizeof(object));
	for (size_t i = 0; i < JK_COUNT(files) && o == NULL; i++)
		o = jk_option_find(files[i], section, key);
	assert_non_null(o);
	assert_null(set_text(o, value));
	memcpy(&got, (uint8_t *)&object + o->at, o->size);
	return got;
}

static void
test_options_numbers_are_stored_in_their_unit(void **unused)
{
	(void)unused;
	assert_int_equal(stored("login", "deadline", "55"), 55000);
	assert_int_equal(stored("login", "card-wait", "1"), 1000);
	assert_int_equal(stored("audit", "receipt", "100"), 100);
	assert_int_equal(stored("registry", "max-age", "366"), 366 * 86400);
	assert_int_equal(stored("limits", "training-days", "0"), 0);
	assert_int_equal(stored("limits", "training-days", "90"), 90 * 86400);
	assert_int_equal(stored("limits", "review-days", "731"), 731 * 86400);
	assert_int_equal(stored("limits", "fallback-days", "1"), 86400);
	assert_int_equal(stored("login", "pin-max", "64"), 64);
	assert_int_equal(stored("type", "number", "9"), 9);
	assert_int_equal(stored("hours", "open", "08:30"), 510);
	assert_int_equal(stored("hours", "close", "24:00"), 1440);
}

/* valid-from is the first second, valid-until the first that is too late. */
static void
test_options_periods_are_half_open(void **unused)
{
	int64_t first, next, eight;

	(void)unused;
	assert_int_equal(jk_date_parse("2026-12-31", &first), JK_OK);
	assert_int_equal(jk_date_parse("2027-01-01", &next), JK_OK);
	assert_int_equal(jk_time_parse("2026-12-31 08:30", &eight), JK_OK);
	assert_int_equal(eight - first, 8 * 3600 + 30 * 60);
	assert_int_equal(stored("person", "valid-from", "2026-12-31"), first);
	assert_int_equal(stored("person", "valid-until", "2026-12-31"), next);
	assert_int_equal(stored("role", "valid-from", "2026-12-31 08:30"),
	    eight);
	assert_int_equal(stored("approval", "valid-until", "2026-12-31 08:30"),
	    eight);
	assert_int_equal(stored("operator-id", "valid-until",
	                     "2026-12-31 00:00"),
	    first);
	assert_int_equal(stored("card", "handed-at", "2026-12-31 08:30"),
	    eight);
	assert_int_equal(stored("policy", "effective-from", "2026-12-31"),
	    first);
	assert_int_equal(stored("person", "trained", "2026-12-31"), first);
}

/* 0 means "no bound", and what lies before it cannot be kept. */
static void
test_options_the_epoch_is_no_date(void **unused)
{
	static const struct {
		const char *section, *key, *value;
	} bad[] = {
		{ "operator-id", "valid-until", "1970-01-01 09:00" },
		{ "operator-id", "valid-until", "1970-01-01 08:59" },
		{ "person", "valid-from", "1970-01-01" },
		{ "person", "trained", "1970-01-01" },
		{ "card", "handed-at", "1970-01-01 09:00" },
	};

	(void)unused;
	assert_int_equal(setenv("TZ", "JST-9", 1), 0);
	tzset();
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		const struct jk_option *o = jk_option_find(JK_CONF_REGISTRY,
		    bad[i].section, bad[i].key);

		object = before = (union object){ 0 };
		assert_non_null(o);
		if (set_text(o, bad[i].value) == NULL)
			fail_msg("%s = %s", bad[i].key, bad[i].value);
		assert_memory_equal(&object, &before, sizeof(object));
	}
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_table_is_sound),
		cmocka_unit_test(test_options_good_values_are_taken),
		cmocka_unit_test(test_options_bad_values_are_refused),
		cmocka_unit_test(test_options_texts_have_192_bytes),
		cmocka_unit_test(test_options_nul_is_refused),
		cmocka_unit_test(test_options_lists_have_their_ends),
		cmocka_unit_test(test_options_words_are_bits_of_their_number),
		cmocka_unit_test(test_options_numbers_are_stored_in_their_unit),
		cmocka_unit_test(test_options_periods_are_half_open),
		cmocka_unit_test(test_options_the_epoch_is_no_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
