/* SPDX-License-Identifier: BSD-2-Clause */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "authority.h"
#include "builder.h"

/* Keys and signatures of CAs with less than 112 bits of strength (RSA below
 * 2048 bits, SHA-1) prove nothing any more: level 2 of OpenSSL's. */
#define AUTH_LEVEL 2
/* Of CAs between a card and its root. */
#define DEPTH_MAX 8

/* Of cards that are let in no more, for one reason. */
#define CARDS_SAID 5

struct jk_judge {
	const struct jk_trust_draft *draft;
	int64_t now;
	struct jk_authorities authorities;
	X509_STORE *store; /* NULL: no chain is asked for */
	X509_STORE_CTX_cert_crl_fn cert_crl;
	size_t n_usages;
	ASN1_OBJECT *usage[JK_USAGES_MAX];
	uint8_t inputs[JK_DIGEST_LEN];
};

/* One certificate on its way through X509_verify_cert(). */
struct finding {
	const struct jk_judge *judge;
	struct jk_trust *trust;
	bool revoked, missing;
};

void
jk_judge_close(struct jk_judge **judge)
{
	struct jk_judge *j = *judge;

	if (j == NULL)
		return;
	X509_STORE_free(j->store);
	jk_authorities_clear(&j->authorities);
	for (size_t i = 0; i < j->n_usages; i++)
		ASN1_OBJECT_free(j->usage[i]);
	free(j);
	*judge = NULL;
}

static struct finding *
finding_of(const X509_STORE_CTX *ctx)
{
	return X509_STORE_CTX_get_app_data(ctx);
}

/* Does this CA stand in the chain that was found? One of the same name and
 * another key does not speak for it. */
static bool
is_in_chain(const X509_STORE_CTX *ctx, const X509 *ca)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);

	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *x509 = sk_X509_value(chain, i);

		if (X509_NAME_cmp(X509_get_subject_name(x509),
		        X509_get_subject_name(ca)) == 0 &&
		    EVP_PKEY_eq(X509_get0_pubkey(x509), X509_get0_pubkey(ca)) ==
		        1)
			return true;
	}
	return false;
}

/* For X509_verify_cert(): the CRLs of that CA; which of them, it knows. */
static STACK_OF(X509_CRL) *
    lookup_crls(const X509_STORE_CTX *ctx, const X509_NAME *name)
{
	const struct jk_authorities *a = &finding_of(ctx)->judge->authorities;
	STACK_OF(X509_CRL) *found = sk_X509_CRL_new_null();

	for (size_t i = 0; i < a->n_crls && found != NULL; i++) {
		X509_CRL *crl = a->crls[i].crl;

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), name) != 0 ||
		    !is_in_chain(ctx, a->crls[i].by))
			continue;
		if (X509_CRL_up_ref(crl) == 1 &&
		    sk_X509_CRL_push(found, crl) == 0)
			X509_CRL_free(crl);
	}
	if (sk_X509_CRL_num(found) > 0)
		return found;
	sk_X509_CRL_free(found);
	return NULL;
}

/* Here a CRL was found to hold for the certificate at hand: whose dates count
 * is noted before it is looked into. */
static int
cert_crl(X509_STORE_CTX *ctx, X509_CRL *crl, X509 *x509)
{
	const struct finding *f = finding_of(ctx);
	struct jk_trust *t = f->trust;
	int64_t this_update = 0, next_update = 0;

	(void)jk_authority_time(X509_CRL_get0_lastUpdate(crl), &this_update);
	(void)jk_authority_time(X509_CRL_get0_nextUpdate(crl), &next_update);
	if (X509_STORE_CTX_get_error_depth(ctx) == 0)
		t->this_update = this_update;
	if (t->next_update == 0 || next_update < t->next_update)
		t->next_update = next_update;
	return f->judge->cert_crl(ctx, crl, x509);
}

/* What OpenSSL has against it; 1: go on. */
static int
on_error(int ok, X509_STORE_CTX *ctx)
{
	struct finding *f = finding_of(ctx);

	if (ok == 1)
		return 1;
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		/* The card's own dates are asked for at each login. */
		return X509_STORE_CTX_get_error_depth(ctx) == 0;
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return 1; /* so are the CRL's */
	case X509_V_ERR_CERT_REVOKED:
		f->revoked = true;
		return 1;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
		f->missing = true;
		return 1;
	default:
		return 0;
	}
}

static void
free_ctx(X509_STORE_CTX **ctx)
{
	X509_STORE_CTX_free(*ctx);
}

static void
free_x509(X509 **x509)
{
	X509_free(*x509);
}

/* The first end of all that stand above the card. */
static int64_t
chain_end(X509_STORE_CTX *ctx, int64_t end)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int64_t until;

	for (int i = 1; i < sk_X509_num(chain); i++)
		if (!jk_authority_time(X509_get0_notAfter(
		                           sk_X509_value(chain, i)),
		        &until))
			end = 0;
		else if (until + 1 < end)
			end = until + 1;
	return end;
}

static void
ask_for(X509_STORE_CTX *ctx, const struct jk_judge *j, struct finding *f)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_time(param, (time_t)j->now);
	if (j->draft->level >= JK_TRUST_CRL_SOFT)
		(void)X509_VERIFY_PARAM_set_flags(param,
		    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	(void)X509_STORE_CTX_set_app_data(ctx, f);
	X509_STORE_CTX_set_verify_cb(ctx, on_error);
}

static enum jk_err
judge_chain(struct jk_judge *j, X509 *x509, struct jk_card *card,
    const char **ret_why)
{
	JK_CLEANUP(free_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct jk_trust *t = &card->trust;
	struct finding f = { .judge = j, .trust = t };

	if (ctx == NULL || X509_STORE_CTX_init(ctx, j->store, x509,
	                       j->authorities.between) != 1)
		return JK_ERR_NOMEM;
	ask_for(ctx, j, &f);
	if (X509_verify_cert(ctx) != 1) {
		*ret_why = X509_verify_cert_error_string(
		    X509_STORE_CTX_get_error(ctx));
		t->result = JK_TRUST_NO_CHAIN;
		return JK_OK;
	}
	t->until = chain_end(ctx, card->valid.until);
	t->result = f.revoked   ? JK_TRUST_CA_REVOKED
	            : f.missing ? JK_TRUST_CRL_MISSING
	                        : JK_TRUST_GOOD;
	return JK_OK;
}

static bool
is_meant_for(const struct jk_judge *j, X509 *x509)
{
	EXTENDED_KEY_USAGE *list;
	bool good = j->n_usages == 0;

	if (good)
		return true;
	list = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++)
		for (size_t k = 0; k < j->n_usages; k++)
			good |= OBJ_cmp(sk_ASN1_OBJECT_value(list, i),
			            j->usage[k]) == 0;
	EXTENDED_KEY_USAGE_free(list);
	return good;
}

static bool
needs_certificate(const struct jk_judge *j)
{
	return j->store != NULL || j->n_usages > 0;
}

static enum jk_err
judge(struct jk_judge *j, struct jk_card *card, const char **ret_why)
{
	const unsigned char *der = card->cert;
	JK_CLEANUP(free_x509) X509 *x509 = NULL;

	card->trust = (struct jk_trust){ .level = j->draft->level };
	if (j->draft->key_usage && !card->for_signatures) {
		card->trust.result = JK_TRUST_WRONG_USAGE;
		return JK_OK;
	}
	if (!needs_certificate(j))
		return JK_OK;
	x509 = d2i_X509(NULL, &der, (long)card->cert_len);
	if (x509 == NULL)
		return JK_ERR_CRYPTO;
	if (!is_meant_for(j, x509)) {
		card->trust.result = JK_TRUST_WRONG_USAGE;
		return JK_OK;
	}
	card->trust.result = JK_TRUST_GOOD;
	return j->store == NULL ? JK_OK : judge_chain(j, x509, card, ret_why);
}

enum jk_err
jk_judge_card(struct jk_judge *j, struct jk_card *card, const char **ret_why)
{
	const char *why = NULL;
	enum jk_err e = judge(j, card, &why);

	ERR_clear_error();
	if (ret_why != NULL)
		*ret_why = why;
	return e;
}

/* Opening. */

static enum jk_err
read_usages(struct jk_judge *j)
{
	const struct jk_trust_draft *d = j->draft;

	for (size_t i = 0; i < d->n_usages; i++) {
		j->usage[i] = OBJ_txt2obj(d->usage[i], 0);
		if (j->usage[i] == NULL)
			return JK_ERR_NOMEM;
		j->n_usages++;
	}
	return JK_OK;
}

static enum jk_err
fill_store(struct jk_judge *j)
{
	JK_CLEANUP(free_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *roots = j->authorities.roots;

	j->store = X509_STORE_new();
	if (j->store == NULL || ctx == NULL ||
	    X509_STORE_CTX_init(ctx, j->store, NULL, NULL) != 1)
		return JK_ERR_NOMEM;
	j->cert_crl = X509_STORE_CTX_get_cert_crl(ctx);
	X509_STORE_set_cert_crl(j->store, cert_crl);
	X509_STORE_set_lookup_crls(j->store, lookup_crls);
	for (int i = 0; i < sk_X509_num(roots); i++)
		if (X509_STORE_add_cert(j->store, sk_X509_value(roots, i)) != 1)
			return JK_ERR_NOMEM;
	return JK_OK;
}

static enum jk_err
read_authorities(struct jk_judge *j, const struct jk_build *build,
    const struct jk_rowset *set, struct jk_report *report)
{
	const struct jk_authority_dirs dirs = {
		.config_dir = build->config_dir,
		.ca_dir = j->draft->ca_dir,
		.crl_dir = j->draft->level >= JK_TRUST_CRL_SOFT
		               ? j->draft->crl_dir
		               : NULL,
		.owner = build->owner,
		.now = build->now,
		.place = set->trust_place,
	};
	enum jk_err e = jk_authorities_read(&dirs, report, &j->authorities);

	return e == JK_OK ? fill_store(j) : e;
}

static void
free_digest(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

/* The place of a directory is no matter, what lies there is. */
static enum jk_err
digest_inputs(struct jk_judge *j)
{
	JK_CLEANUP(free_digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const struct jk_trust_draft *d = j->draft;
	const uint8_t head[] = { (uint8_t)d->level, d->key_usage,
		(uint8_t)d->n_usages };

	if (ctx == NULL)
		return JK_ERR_NOMEM;
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, head, sizeof(head)) != 1 ||
	    EVP_DigestUpdate(ctx, d->usage,
	        d->n_usages * sizeof(d->usage[0])) != 1 ||
	    EVP_DigestUpdate(ctx, j->authorities.digest,
	        sizeof(j->authorities.digest)) != 1 ||
	    EVP_DigestFinal_ex(ctx, j->inputs, NULL) != 1)
		return JK_ERR_CRYPTO;
	return JK_OK;
}

enum jk_err
jk_judge_open(const struct jk_build *build, const struct jk_rowset *set,
    struct jk_report *report, struct jk_judge **ret)
{
	JK_CLEANUP(jk_judge_close)
	struct jk_judge *j = calloc(1, sizeof(*j));
	enum jk_err e;

	if (j == NULL)
		return JK_ERR_NOMEM;
	j->draft = &set->settings.trust;
	j->now = build->now;
	e = read_usages(j);
	if (e == JK_OK && j->draft->level >= JK_TRUST_CHAIN)
		e = read_authorities(j, build, set, report);
	if (e == JK_OK)
		e = digest_inputs(j);
	if (e == JK_OK)
		*ret = JK_TAKE(j);
	return e;
}

/* All cards. */

/* Found out with the same CAs, CRLs and settings. That there was no chain may
 * change with the hour, so that is asked again. */
static bool
still_holds(const struct jk_judge *j, const struct jk_card *card)
{
	const struct jk_trust *t = &card->trust;

	switch (t->result) {
	case JK_TRUST_GOOD:
	case JK_TRUST_CRL_MISSING:
		return t->level == JK_TRUST_REGISTERED || j->now < t->until;
	case JK_TRUST_CA_REVOKED:
	case JK_TRUST_WRONG_USAGE:
		return true;
	case JK_TRUST_NOT_CHECKED:
	case JK_TRUST_NO_CHAIN:
	case JK_TRUST_RESULT_COUNT:
		break;
	}
	return false;
}

/* NULL: it is let in, or not for long and that is said of the CRL. */
static const char *
describe(const struct jk_trust *t)
{
	switch (t->result) {
	case JK_TRUST_NO_CHAIN:
		return "no CA of ca-dir stands behind its certificate";
	case JK_TRUST_CA_REVOKED:
		return "its certificate is revoked by its CA";
	case JK_TRUST_WRONG_USAGE:
		return "key usage or extended key usage of its certificate "
		       "does not allow its use";
	case JK_TRUST_CRL_MISSING:
		return t->level == JK_TRUST_CRL_HARD
		           ? "no CRL speaks for its certificate and all CAs "
		             "above it"
		           : NULL;
	case JK_TRUST_NOT_CHECKED:
	case JK_TRUST_GOOD:
	case JK_TRUST_RESULT_COUNT:
		break;
	}
	return NULL;
}

static void
say_card(struct jk_report *report, const struct jk_card *card,
    struct jk_place place, const char *why)
{
	jk_report_warning(report, place, "[card %s] is not let in: %s%s%s%s",
	    card->id, describe(&card->trust), why != NULL ? " (" : "",
	    why != NULL ? why : "", why != NULL ? ")" : "");
}

static bool
is_in_use(const struct jk_card *card)
{
	return card->state == JK_CARD_ACTIVE ||
	       card->state == JK_CARD_RETURN_REQUESTED;
}

enum jk_err
jk_rowset_trust(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report)
{
	JK_CLEANUP(jk_judge_close) struct jk_judge *j = NULL;
	struct jk_list *list = &set->card;
	size_t refused = 0;
	enum jk_err e = jk_judge_open(build, set, report, &j);
	bool same;

	if (e != JK_OK || report->n_errors > 0)
		return e;
	same = memcmp(set->known_inputs, j->inputs, JK_DIGEST_LEN) == 0;
	memcpy(set->settings.settings.trust_inputs, j->inputs, JK_DIGEST_LEN);
	for (size_t i = 0; i < list->n && e == JK_OK; i++) {
		struct jk_card *card = jk_list_at(list, i);
		const char *why = NULL;

		if (card->cert_len == 0)
			continue;
		if (!same || !still_holds(j, card))
			e = jk_judge_card(j, card, &why);
		if (describe(&card->trust) != NULL && is_in_use(card) &&
		    ++refused <= CARDS_SAID)
			say_card(report, card, list->places[i], why);
	}
	if (refused > CARDS_SAID)
		jk_report_warning(report, set->trust_place,
		    "%zu more cards are not let in", refused - CARDS_SAID);
	return e;
}
