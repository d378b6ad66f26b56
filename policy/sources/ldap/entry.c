/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <jukinet/policy.h>

#include "pin.h"
#include "table.h"

/* Told of one run. */
#define ERRORS_MAX 100

struct collection {
	struct jk_ldap *ldap;
	struct jk_ldap_entries *entries;
	unsigned errors;
};

void
jk_ldap_entry_clear(struct jk_ldap_entry *entry)
{
	for (size_t i = 0; i < entry->n; i++) {
		free(entry->value[i].name);
		free(entry->value[i].data);
	}
	free(entry->value);
	free(entry->dn);
	free(entry->id);
	*entry = (struct jk_ldap_entry){ 0 };
}

void
jk_ldap_entries_clear(struct jk_ldap_entries *entries)
{
	for (size_t i = 0; i < entries->n; i++)
		jk_ldap_entry_clear(&entries->entry[i]);
	free(entries->entry);
	*entries = (struct jk_ldap_entries){ 0 };
}

/* Room for one more element of that size; NULL: no memory. */
static void *
grow(void *array, size_t n, size_t *room, size_t size)
{
	size_t more = *room > 0 ? 2 * *room : 8;
	void *p;

	if (n < *room)
		return array;
	p = reallocarray(array, more, size);
	if (p != NULL)
		*room = more;
	return p;
}

static size_t
bytes_of(const struct jk_ldap_entry *entry)
{
	size_t bytes = sizeof(*entry) + entry->room * sizeof(*entry->value);

	for (size_t i = 0; i < entry->n; i++)
		bytes += entry->value[i].len;
	return bytes;
}

bool
jk_ldap_entries_add(struct jk_ldap_entries *entries,
    struct jk_ldap_entry *entry)
{
	void *p;

	if (entries->n == JK_LDAP_ENTRIES_MAX ||
	    entries->bytes + bytes_of(entry) > JK_LDAP_TOTAL_MAX)
		return false;
	p = grow(entries->entry, entries->n, &entries->room, sizeof(*entry));
	if (p == NULL)
		return false;
	entries->entry = p;
	entries->bytes += bytes_of(entry);
	entries->entry[entries->n] = JK_TAKE(*entry);
	entries->n++;
	return true;
}

static size_t
max_of(const struct jk_ldap_key *key)
{
	return key != NULL && jk_ldap_is_certificate(key)
	           ? JK_LDAP_CERTIFICATE_MAX
	           : JK_LDAP_TEXT_MAX;
}

/* False: no memory. A value that is too large keeps its length only. */
static bool
add_value(struct jk_ldap_entry *entry, const struct jk_ldap_key *key,
    const char *name, const void *data, size_t len)
{
	struct jk_ldap_value value = { .key = key, .len = len };
	void *p = grow(entry->value, entry->n, &entry->room, sizeof(value));

	if (p == NULL)
		return false;
	entry->value = p;
	value.name = key == NULL ? strdup(name) : NULL;
	if (key == NULL && value.name == NULL)
		return false;
	if (len <= max_of(key)) {
		value.data = malloc(len + 1);
		if (value.data == NULL) {
			free(value.name);
			return false;
		}
		if (len > 0)
			memcpy(value.data, data, len);
		value.data[len] = '\0';
	}
	entry->value[entry->n] = value;
	entry->n++;
	return true;
}

static int
compare_bytes(const struct jk_ldap_value *a, const struct jk_ldap_value *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int order = 0;

	if (a->data != NULL && b->data != NULL && n > 0)
		order = memcmp(a->data, b->data, n);
	if (order == 0 && a->len != b->len)
		order = a->len < b->len ? -1 : 1;
	return order;
}

/* Ours in the order of the table, then the others. */
static int
compare_values(const void *left, const void *right)
{
	const struct jk_ldap_value *a = left, *b = right;

	if (a->key != b->key) {
		if (a->key == NULL || b->key == NULL)
			return a->key == NULL ? 1 : -1;
		return a->key < b->key ? -1 : 1;
	}
	if (a->key == NULL && strcasecmp(a->name, b->name) != 0)
		return strcasecmp(a->name, b->name);
	return compare_bytes(a, b);
}

static void
sort_values(struct jk_ldap_entry *entry)
{
	if (entry->n > 1)
		qsort(entry->value, entry->n, sizeof(*entry->value),
		    compare_values);
}

bool
jk_ldap_value_equal(const struct jk_ldap_value *a,
    const struct jk_ldap_value *b)
{
	/* What was not kept is like nothing. */
	return a->data != NULL && b->data != NULL && compare_values(a, b) == 0;
}

int
jk_ldap_entry_compare(const struct jk_ldap_entry *a,
    const struct jk_ldap_entry *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->id, b->id);
}

static int
compare_entries(const void *left, const void *right)
{
	const struct jk_ldap_entry *a = left, *b = right;
	int order = jk_ldap_entry_compare(a, b);

	if (order != 0 || a->dn == NULL || b->dn == NULL)
		return order;
	return strcmp(a->dn, b->dn);
}

void
jk_ldap_entries_sort(struct jk_ldap_entries *entries)
{
	if (entries->n > 1)
		qsort(entries->entry, entries->n, sizeof(*entries->entry),
		    compare_entries);
}

/* The kind that the classes name; NULL when it is none or more than one. */
static const struct jk_ldap_kind *
kind_of(LDAP *ld, LDAPMessage *message)
{
	struct berval **classes =
	    ldap_get_values_len(ld, message, "objectClass");
	const struct jk_ldap_kind *kind = NULL, *each;
	bool many = false;

	for (size_t i = 0; classes != NULL && classes[i] != NULL; i++) {
		each = jk_ldap_kind_of_class(classes[i]->bv_val);
		many = many || (each != NULL && kind != NULL && each != kind);
		kind = each != NULL ? each : kind;
	}
	ldap_value_free_len(classes);
	return many ? NULL : kind;
}

static char *
id_of(const struct berval *value)
{
	bool good = value->bv_len <= JK_LDAP_ID_LEN_MAX &&
	            strlen(value->bv_val) == value->bv_len;

	return strdup(good ? value->bv_val : "");
}

static bool
is_pin_changed(const struct jk_ldap_kind *kind, const char *name)
{
	return strcmp(kind->kind, "card") == 0 &&
	       strcasecmp(name, JK_LDAP_PIN_CHANGED) == 0;
}

/* Names that belong to an entry without being keys of its row. */
static bool
is_beside_the_row(const struct jk_ldap_kind *kind, const char *name)
{
	return strcasecmp(name, "objectClass") == 0 ||
	       (strcmp(kind->kind, "terminal") == 0 &&
	           (strcasecmp(name, JK_LDAP_APPLIED_SERIAL) == 0 ||
	               strcasecmp(name, JK_LDAP_APPLIED_AT) == 0)) ||
	       is_pin_changed(kind, name);
}

/* NULL, or why these values cannot be kept; they may be none. */
static const char *
take_values(struct jk_ldap_entry *entry, const char *name,
    const struct berval *values)
{
	const struct jk_ldap_key *key =
	    jk_ldap_key_of_attribute(entry->kind->kind, name);

	if (strcasecmp(name, JK_LDAP_ID) == 0) {
		if (entry->id != NULL || values == NULL ||
		    values[0].bv_val == NULL || values[1].bv_val != NULL)
			return "has not exactly one " JK_LDAP_ID;
		entry->id = id_of(&values[0]);
		return entry->id != NULL ? NULL : "no memory";
	}
	if (is_pin_changed(entry->kind, name))
		entry->pin_changed = jk_ldap_pin_read(values);
	if (is_beside_the_row(entry->kind, name))
		return NULL;
	for (; values != NULL && values->bv_val != NULL; values++) {
		if (entry->n == JK_LDAP_VALUES_MAX)
			return "has more than 128 values";
		if (!add_value(entry, key, name, values->bv_val,
		        values->bv_len))
			return "no memory";
	}
	return NULL;
}

/* NULL when all were taken. The names and values lie in the message. */
static const char *
take_attributes(LDAP *ld, LDAPMessage *message, BerElement *ber,
    struct jk_ldap_entry *entry)
{
	const char *fault = NULL;
	struct berval name;

	while (fault == NULL) {
		BerVarray values = NULL;

		if (ldap_get_attribute_ber(ld, message, ber, &name, &values) !=
		    LDAP_SUCCESS)
			return "has an attribute that cannot be read";
		if (name.bv_val == NULL)
			break;
		fault = strlen(name.bv_val) == name.bv_len
		            ? take_values(entry, name.bv_val, values)
		            : "has an attribute that cannot be read";
		ber_memfree(values);
	}
	if (fault == NULL && entry->id == NULL)
		fault = "has not exactly one " JK_LDAP_ID;
	return fault;
}

/* NULL, or why no row can be made of the entry. */
static const char *
fill(LDAP *ld, LDAPMessage *message, BerElement *ber,
    struct jk_ldap_entry *entry)
{
	entry->kind = kind_of(ld, message);
	return entry->kind == NULL ? "is of more than one kind, or of none"
	                           : take_attributes(ld, message, ber, entry);
}

/* One that has a name; what is wrong with it is told. */
static int
take_entry(struct collection *to, LDAP *ld, LDAPMessage *message,
    BerElement *ber, struct jk_ldap_entry *entry)
{
	const char *fault = fill(ld, message, ber, entry);

	if (fault != NULL) {
		jk_ldap_error(to->ldap, entry->dn, "%s", fault);
		to->errors++;
		return to->errors < ERRORS_MAX ? JUKINET_POLICY_SUCCESS
		                               : JUKINET_POLICY_UNAVAIL;
	}
	sort_values(entry);
	if (jk_ldap_entries_add(to->entries, entry))
		return JUKINET_POLICY_SUCCESS;
	jk_ldap_error(to->ldap, to->ldap->uri,
	    "more than %u entries, or than %u MiB", JK_LDAP_ENTRIES_MAX,
	    JK_LDAP_TOTAL_MAX >> 20);
	return JUKINET_POLICY_UNAVAIL;
}

/* A jk_ldap_entry_fn. */
static int
collect(void *ctx, LDAP *ld, LDAPMessage *message)
{
	JK_CLEANUP(jk_ldap_entry_clear) struct jk_ldap_entry entry = { 0 };
	struct collection *to = ctx;
	BerElement *ber = NULL;
	struct berval dn = { 0 };
	int status;

	if (ldap_get_dn_ber(ld, message, &ber, &dn) == LDAP_SUCCESS &&
	    dn.bv_val != NULL && strlen(dn.bv_val) == dn.bv_len)
		entry.dn = strdup(dn.bv_val);
	if (entry.dn != NULL) {
		status = take_entry(to, ld, message, ber, &entry);
	} else {
		jk_ldap_error(to->ldap, to->ldap->uri,
		    "an entry whose name cannot be read");
		status = JUKINET_POLICY_UNAVAIL;
	}
	ber_free(ber, 0);
	return status;
}

/* "(|(objectClass=jukinetPerson)...)" */
static void
filter_of_all(char *to, size_t size)
{
	char class[JK_LDAP_NAME_MAX];
	size_t n = (size_t)snprintf(to, size, "(|");

	for (size_t i = 0; i < jk_ldap_n_kinds; i++) {
		jk_ldap_class(jk_ldap_kinds[i].kind, class);
		n += (size_t)snprintf(to + n, size - n, "(objectClass=%s)",
		    class);
	}
	snprintf(to + n, size - n, ")");
}

int
jk_ldap_read_all(struct jk_ldap *ldap, struct jk_ldap_entries *ret)
{
	JK_CLEANUP(jk_ldap_entries_clear) struct jk_ldap_entries all = { 0 };
	struct collection to = { ldap, &all, 0 };
	char filter[1024];
	const struct jk_ldap_search search = {
		.scope = LDAP_SCOPE_SUBTREE,
		.base = ldap->settings->base,
		.filter = filter,
	};
	int status;

	filter_of_all(filter, sizeof(filter));
	status = jk_ldap_search(ldap, &search, collect, &to);
	if (status != JUKINET_POLICY_SUCCESS)
		return status;
	if (to.errors > 0)
		return JUKINET_POLICY_UNAVAIL;
	jk_ldap_entries_sort(&all);
	*ret = JK_TAKE(all);
	return JUKINET_POLICY_SUCCESS;
}

/* No text begins so: what follows a digit in UTF-8 has another first bit. */
static bool
is_der(const unsigned char *bytes, size_t len)
{
	return len >= 2 && bytes[0] == 0x30 && (bytes[1] & 0xc0) == 0x80;
}

/* PEM or DER; false when it is neither. */
static bool
add_certificate(struct jk_ldap_entry *entry, const struct jk_ldap_key *key,
    const struct jukinet_policy_value *value)
{
	unsigned char *der = NULL;
	X509 *cert = NULL;
	BIO *text;
	bool ok;
	int n;

	if (value->len == 0 || value->len > 1 << 20)
		return false;
	if (is_der(value->data, value->len))
		return add_value(entry, key, NULL, value->data, value->len);
	text = BIO_new_mem_buf(value->data, (int)value->len);
	if (text != NULL)
		cert = PEM_read_bio_X509(text, NULL, NULL, NULL);
	n = cert != NULL ? i2d_X509(cert, &der) : -1;
	ok = n > 0 && add_value(entry, key, NULL, der, (size_t)n);
	OPENSSL_free(der);
	X509_free(cert);
	BIO_free(text);
	return ok;
}

static const char *
take_pair(struct jk_ldap_entry *entry, const struct jukinet_policy_value *value)
{
	const struct jk_ldap_key *key =
	    jk_ldap_key_find(entry->kind->kind, value->key);

	if (key == NULL)
		return "the directory has no attribute for this key";
	if (entry->n == JK_LDAP_VALUES_MAX)
		return "more than 128 values";
	if (jk_ldap_is_certificate(key))
		return add_certificate(entry, key, value)
		           ? NULL
		           : "neither a PEM nor a DER certificate";
	if (value->len == 0 || value->len > JK_LDAP_TEXT_MAX)
		return "empty, or larger than 1024 bytes";
	return add_value(entry, key, NULL, value->data, value->len)
	           ? NULL
	           : "no memory";
}

bool
jk_ldap_entry_put(struct jk_ldap_entry *entry, const char *key,
    const char *text)
{
	const struct jk_ldap_key *which =
	    jk_ldap_key_find(entry->kind->kind, key);
	size_t n = 0;

	for (size_t i = 0; i < entry->n; i++) {
		if (entry->value[i].key == which)
			free(entry->value[i].data);
		else
			entry->value[n++] = entry->value[i];
	}
	entry->n = n;
	if (text == NULL)
		return true;
	if (which == NULL || entry->n == JK_LDAP_VALUES_MAX ||
	    !add_value(entry, which, NULL, text, strlen(text)))
		return false;
	sort_values(entry);
	return true;
}

/* A directory keeps a set: what is said twice is said once. */
static void
drop_repeated(struct jk_ldap_entry *entry)
{
	size_t n = 0;

	for (size_t i = 0; i < entry->n; i++) {
		if (n > 0 && jk_ldap_value_equal(&entry->value[n - 1],
		                 &entry->value[i])) {
			free(entry->value[i].data);
			continue;
		}
		entry->value[n] = entry->value[i];
		n++;
	}
	entry->n = n;
}

bool
jk_ldap_entry_of_row(const struct jk_ldap *ldap,
    const struct jukinet_policy_row *row, struct jk_ldap_entry *ret)
{
	JK_CLEANUP(jk_ldap_entry_clear) struct jk_ldap_entry entry = { 0 };
	const char *place = row->place != NULL ? row->place : row->id;
	const char *fault;

	entry.kind = jk_ldap_kind_find(row->kind);
	if (entry.kind == NULL) {
		jk_ldap_error(ldap, place,
		    "the directory has no object class for [%s %s]", row->kind,
		    row->id);
		return false;
	}
	entry.id = strdup(row->id);
	if (entry.id == NULL || row->id[0] == '\0' ||
	    strlen(row->id) > JK_LDAP_ID_LEN_MAX) {
		jk_ldap_error(ldap, place, "[%s %s]: the id is too long",
		    row->kind, row->id);
		return false;
	}
	for (size_t i = 0; i < row->n_values; i++) {
		fault = take_pair(&entry, &row->values[i]);
		if (fault != NULL) {
			jk_ldap_error(ldap, place, "[%s %s] %s: %s", row->kind,
			    row->id, row->values[i].key, fault);
			return false;
		}
	}
	sort_values(&entry);
	drop_repeated(&entry);
	*ret = JK_TAKE(entry);
	return true;
}
