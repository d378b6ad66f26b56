/* SPDX-License-Identifier: BSD-2-Clause */
/* vcard-make: fills a card box for vcard. See vcard.md. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "box.h"
#include "state.h"
#include "text.h"

static int
usage(void)
{
	(void)fputs(
	    "usage: vcard-make ca BOX [--key rsa2048|rsa3072|p256|p384]\n"
	    "       vcard-make card BOX NAME\n"
	    "           [--key rsa2048|rsa3072|p256|p384]\n"
	    "           [--validity valid|expired|future]\n"
	    "           [--ca main|other|twin] [--cn TEXT] [--slots 1|4]\n"
	    "           [--pin PIN] [--puk PUK] [--tries N]\n"
	    "           [--no-digital-signature] [--chuid-signed]\n"
	    "           [--clone-of NAME]\n"
	    "       vcard-make jpki BOX NAME [--sign-pin PIN]\n"
	    "       vcard-make nq BOX NAME\n"
	    "           both: validity, ca, cn, pin, tries, clone-of,\n"
	    "           no-digital-signature as above\n"
	    "       vcard-make crl BOX [--ca main|other|twin] [NAME...]\n",
	    stderr);
	return 2;
}

static enum vc_err
take_number(const char *word, unsigned long max, unsigned long *ret)
{
	unsigned long n;
	enum vc_err e;

	e = vc_text_number(word, max, &n);
	if (e != VC_OK)
		return e;
	if (n == 0)
		return VC_ERR_RANGE;
	*ret = n;
	return VC_OK;
}

static enum vc_err
take_slots(const char *word, unsigned long *ret)
{
	if (strcmp(word, "1") != 0 && strcmp(word, "4") != 0)
		return VC_ERR_RANGE;
	return take_number(word, 4, ret);
}

static enum vc_err
take_option(struct vc_wish *w, int option)
{
	switch (option) {
	case 'k':
		w->key = optarg;
		return VC_OK;
	case 'v':
		w->validity = optarg;
		return VC_OK;
	case 'a':
		w->ca = optarg;
		return VC_OK;
	case 'n':
		w->cn = optarg;
		return VC_OK;
	case 'p':
		w->secrets[VC_PIN] = optarg;
		return VC_OK;
	case 'u':
		w->secrets[VC_PUK] = optarg;
		return VC_OK;
	case 'S':
		w->secrets[VC_SIGN_PIN] = optarg;
		return VC_OK;
	case 'c':
		w->clone_of = optarg;
		return VC_OK;
	case 'd':
		w->no_digital_signature = true;
		return VC_OK;
	case 'h':
		w->chuid_signed = true;
		return VC_OK;
	case 's':
		return take_slots(optarg, &w->slots);
	case 't':
		return take_number(optarg, VC_TRIES_MAX, &w->tries);
	default:
		return VC_ERR_UNKNOWN;
	}
}

/* getopt_long leaves the other words at argv[optind] and after. */
static enum vc_err
parse_options(int argc, char **argv, struct vc_wish *ret)
{
	static const struct option names[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "validity", required_argument, NULL, 'v' },
		{ "ca", required_argument, NULL, 'a' },
		{ "cn", required_argument, NULL, 'n' },
		{ "pin", required_argument, NULL, 'p' },
		{ "puk", required_argument, NULL, 'u' },
		{ "sign-pin", required_argument, NULL, 'S' },
		{ "clone-of", required_argument, NULL, 'c' },
		{ "no-digital-signature", no_argument, NULL, 'd' },
		{ "chuid-signed", no_argument, NULL, 'h' },
		{ "slots", required_argument, NULL, 's' },
		{ "tries", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int option;
	enum vc_err e;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		e = take_option(ret, option);
		if (e != VC_OK)
			return e;
	}
	return VC_OK;
}

/* A PIV card is just a card. */
static enum vc_err
parse_kind(const char *word, enum vc_kind *ret)
{
	return vc_kind_parse(strcmp(word, "card") == 0 ? "piv" : word, ret);
}

static enum vc_err
run(char **words, size_t n, struct vc_wish *wish)
{
	if (n == 2 && strcmp(words[0], "ca") == 0)
		return vc_box_make_cas(words[1],
		    wish->key != NULL ? wish->key : "rsa2048");
	if (n == 3 && parse_kind(words[0], &wish->kind) == VC_OK) {
		if (wish->key == NULL)
			wish->key = vc_kind_key(wish->kind);
		return vc_box_make_card(words[1], words[2], wish);
	}
	if (n >= 2 && strcmp(words[0], "crl") == 0)
		return vc_box_make_crl(words[1], wish->ca, words + 2, n - 2);
	return VC_ERR_ARGUMENTS;
}

int
main(int argc, char **argv)
{
	struct vc_wish wish = {
		.validity = "valid",
		.ca = "main",
		.slots = 4,
	};
	enum vc_err e;

	e = parse_options(argc, argv, &wish);
	if (e == VC_ERR_UNKNOWN)
		return usage();
	if (e == VC_OK)
		e = run(argv + optind, (size_t)(argc - optind), &wish);
	if (e == VC_ERR_ARGUMENTS)
		return usage();
	if (e == VC_OK)
		return EXIT_SUCCESS;
	(void)fprintf(stderr, "vcard-make: %s\n", vc_err_text(e));
	ERR_print_errors_fp(stderr);
	return EXIT_FAILURE;
}
