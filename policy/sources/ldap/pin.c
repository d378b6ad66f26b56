/* SPDX-License-Identifier: BSD-2-Clause */
#include "pin.h"

#include <string.h>

#include <jukinet/policy.h>

#include "clock.h"
#include "connection.h"
#include "entry.h"
#include "find.h"
#include "jobs.h"
#include "mods.h"
#include "moment.h"
#include "table.h"

/* Of one card, when other terminals write at the same time. */
#define TRIES 3

int64_t
jk_ldap_pin_read(const struct berval *values)
{
	int64_t at = 0;

	if (values == NULL || values[0].bv_val == NULL)
		return 0;
	if (values[1].bv_val != NULL ||
	    !jk_ldap_moment_parse(&values[0], &at) || at == 0)
		return JK_LDAP_PIN_BAD;
	return at;
}

/* The office's date; 0: it has none. False: it is none. */
static bool
read_set(const struct jk_ldap_entry *entry, int64_t *ret)
{
	const struct jk_ldap_key *key = jk_ldap_key_find("card", "pin-set");

	*ret = 0;
	for (size_t i = 0; i < entry->n; i++)
		if (entry->value[i].key == key)
			return jk_date_parse(entry->value[i].data, ret) ==
			           JK_OK ||
			       jk_time_parse(entry->value[i].data, ret) ==
			           JK_OK;
	return true;
}

bool
jk_ldap_pin_merge(const struct jk_ldap *ldap, struct jk_ldap_entry *entry,
    int64_t now)
{
	const int64_t changed = entry->pin_changed;
	char text[17];
	int64_t set;

	if (changed == 0)
		return true;
	if (changed < 0 || changed > now + JK_CLOCK_SKEW_S) {
		jk_ldap_warn(ldap, entry->dn,
		    JK_LDAP_PIN_CHANGED ": %s: it does not count",
		    changed < 0 ? "not as a terminal writes it"
		                : "later than now");
		return true;
	}
	/* What is no date, the builder finds. What the office has set before
	 * is the holder's own now. */
	if (!read_set(entry, &set) || set > changed)
		return true;
	jk_time_format(changed, text);
	if (jk_ldap_entry_put(entry, "pin-set", text) &&
	    jk_ldap_entry_put(entry, "pin-initial", NULL))
		return true;
	jk_ldap_error(ldap, entry->dn, "pin-set: no room for it");
	return false;
}

/* What is wrong, and where somebody can do something, what. */
static const char *
advice(int code)
{
	switch (code) {
	case LDAP_INSUFFICIENT_ACCESS:
		return "this account may not write " JK_LDAP_PIN_CHANGED
		       ": give it the access that jukinet-ldap.conf(5) shows";
	case LDAP_UNDEFINED_TYPE:
	case LDAP_OBJECT_CLASS_VIOLATION:
		return "the directory does not know " JK_LDAP_PIN_CHANGED
		       ": load the schema of this version of jukinet";
	case LDAP_REFERRAL:
	case LDAP_UNWILLING_TO_PERFORM:
		return "this server takes no changes: name one that does, or "
		       "let it pass them on (jukinet-ldap.conf(5))";
	case LDAP_NO_SUCH_ATTRIBUTE:
	case LDAP_TYPE_OR_VALUE_EXISTS:
	case LDAP_CONSTRAINT_VIOLATION:
		return "other terminals write " JK_LDAP_PIN_CHANGED
		       " at the same time";
	default:
		return ldap_err2string(code);
	}
}

/* Somebody else may have been there between the reading and the writing. Servers
 * differ in what they call a second value. */
static bool
is_overtaken(int code)
{
	return code == LDAP_NO_SUCH_ATTRIBUTE ||
	       code == LDAP_TYPE_OR_VALUE_EXISTS ||
	       code == LDAP_CONSTRAINT_VIOLATION ||
	       code == LDAP_OBJECT_CLASS_VIOLATION;
}

/* One change: what stood there goes, only if it still stands there, and the
 * new one comes. An attribute of one value takes no second one. */
static int
replace(struct jk_ldap *ldap, const struct jk_ldap_found *found,
    int64_t changed, int *ret_code)
{
	struct jk_ldap_mods mods = { 0 };
	char at[JK_LDAP_MOMENT_LEN];

	if (!jk_ldap_moment_format(changed, at)) {
		jk_ldap_warn(ldap, found->dn,
		    "no time that a directory can hold");
		return JUKINET_POLICY_UNAVAIL;
	}
	if (found->n_values > 0) {
		jk_ldap_mods_begin(&mods, LDAP_MOD_DELETE, JK_LDAP_PIN_CHANGED);
		jk_ldap_mods_value(&mods, found->value, found->len);
	}
	jk_ldap_mods_begin(&mods, LDAP_MOD_ADD, JK_LDAP_PIN_CHANGED);
	jk_ldap_mods_text(&mods, at);
	return jk_ldap_modify_code(ldap, found->dn, mods.list, ret_code);
}

/* Is it as late, and a time that counts? */
static bool
stands(const struct jk_ldap_found *found, int64_t changed, int64_t now)
{
	const struct berval value = { found->len,
		(char *)(uintptr_t)found->value };
	int64_t at;

	return found->n_values == 1 && found->len < sizeof(found->value) &&
	       jk_ldap_moment_parse(&value, &at) && at >= changed &&
	       at <= now + JK_CLOCK_SKEW_S;
}

/* *ret_code: what the server has against it, which is not told yet. */
static int
try_once(struct jk_ldap *ldap, const struct jukinet_policy_pin *pin,
    int64_t now, int *ret_code)
{
	JK_CLEANUP(jk_ldap_found_clear) struct jk_ldap_found found = { 0 };
	int status =
	    jk_ldap_find(ldap, "card", pin->card, JK_LDAP_PIN_CHANGED, &found);

	*ret_code = LDAP_SUCCESS;
	/* No base: it would be so for every card. */
	if (status != JUKINET_POLICY_SUCCESS)
		return status == JUKINET_POLICY_NOTFOUND
		           ? JUKINET_POLICY_UNAVAIL
		           : status;
	if (found.n == 0 || (found.n == 1 && stands(&found, pin->changed, now)))
		return JUKINET_POLICY_SUCCESS;
	if (found.n > 1 || found.n_values > 1 ||
	    found.len >= sizeof(found.value)) {
		jk_ldap_warn(ldap, found.dn,
		    "the card \"%s\" is there twice, or its " JK_LDAP_PIN_CHANGED
		    " is",
		    pin->card);
		return JUKINET_POLICY_NOTFOUND;
	}
	return replace(ldap, &found, pin->changed, ret_code);
}

static int
write_one(struct jk_ldap *ldap, const struct jukinet_policy_pin *pin,
    int64_t now)
{
	int code, status;
	unsigned n = 0;

	do
		status = try_once(ldap, pin, now, &code);
	while (is_overtaken(code) && ++n < TRIES);
	if (code != LDAP_SUCCESS)
		jk_ldap_warn(ldap, ldap->uri, "card \"%s\": %s", pin->card,
		    advice(code));
	return status;
}

/* To its end past an entry that is odd, but not past a server that refuses: it
 * would say the same of every card. */
static int
write_all(struct jk_ldap *ldap, const struct jk_ldap_pins *pins)
{
	const int64_t now = jk_real_s();
	int status = JUKINET_POLICY_SUCCESS, each = status;

	for (size_t i = 0; i < pins->n; i++) {
		each = write_one(ldap, &pins->pin[i], now);
		if (each != JUKINET_POLICY_SUCCESS)
			status = each;
		if (each != JUKINET_POLICY_SUCCESS &&
		    each != JUKINET_POLICY_NOTFOUND)
			break;
	}
	return status;
}

int
jk_ldap_pins(const struct jukinet_policy_host *host, const void *what)
{
	JK_CLEANUP(jk_ldap_close) struct jk_ldap ldap = { 0 };
	struct jk_ldap_settings settings;
	int status;

	if (!jk_ldap_settings_read(host, &settings))
		return JUKINET_POLICY_UNAVAIL;
	status = jk_ldap_open(&ldap, host, &settings, &settings.reader);
	if (status == JUKINET_POLICY_SUCCESS)
		status = write_all(&ldap, what);
	return status;
}
