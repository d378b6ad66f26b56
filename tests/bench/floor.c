/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least that a login with a PIV card can cost: straight PC/SC in short
 * form, no other process, no wait, no check but the signature. What a whole
 * login takes is compared with this.
 *
 *   floor [--known FILE [--least]] [--typed] [PIN]
 *                  prints "kind=rsa apdus=9 ms=506.1 verified=yes"
 *
 * --known: the certificate is in FILE (PEM); the card is asked for its CHUID and
 * the tries left instead. --least: not even for these. --typed: a PIN that
 * somebody types comes when the transaction has been ended.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <winscard.h>

struct answer {
	size_t len;
	unsigned sw;
	unsigned char data[4096];
};

static SCARDHANDLE card;
static const SCARD_IO_REQUEST *pci;
static unsigned apdus;

static void
fail(const char *what)
{
	fprintf(stderr, "floor: %s failed\n", what);
	exit(1);
}

static void
must(LONG code, const char *what)
{
	if (code != SCARD_S_SUCCESS)
		fail(what);
}

static void
transmit(const unsigned char *command, size_t len, struct answer *a)
{
	unsigned char reply[258];
	DWORD n = sizeof(reply);

	must(SCardTransmit(card, pci, command, len, NULL, reply, &n),
	    "SCardTransmit");
	apdus++;
	if (n < 2 || a->len + n - 2 > sizeof(a->data))
		fail("answer");
	memcpy(a->data + a->len, reply, n - 2);
	a->len += n - 2;
	a->sw = (unsigned)(reply[n - 2] << 8 | reply[n - 1]);
}

static void
ask(const unsigned char *command, size_t len, struct answer *a)
{
	a->len = 0;
	transmit(command, len, a);
}

static void
run(const unsigned char *command, size_t len, struct answer *a)
{
	ask(command, len, a);
	while (a->sw >> 8 == 0x61) {
		const unsigned char more[] = { 0x00, 0xc0, 0x00, 0x00,
			(unsigned char)a->sw };

		transmit(more, sizeof(more), a);
	}
	if (a->sw != 0x9000)
		fail("command");
}

/* The value of the element at *at, which has this tag; moves past its head. */
static size_t
enter(const struct answer *a, size_t *at, unsigned char tag)
{
	size_t n, bytes = 0;

	if (*at + 4 > a->len || a->data[*at] != tag)
		fail("element");
	n = a->data[*at + 1];
	if (n > 0x80) {
		bytes = n & 0x7f;
		n = bytes == 1
		        ? a->data[*at + 2]
		        : (size_t)(a->data[*at + 2] << 8 | a->data[*at + 3]);
	}
	*at += 2 + bytes;
	if (bytes > 2 || n > a->len - *at)
		fail("length");
	return n;
}

static X509 *
read_certificate(struct answer *a)
{
	static const unsigned char get[] = { 0x00, 0xcb, 0x3f, 0xff, 0x05, 0x5c,
		0x03, 0x5f, 0xc1, 0x05, 0x00 };
	const unsigned char *der;
	size_t at = 0, n;
	X509 *x;

	run(get, sizeof(get), a);
	(void)enter(a, &at, 0x53);
	n = enter(a, &at, 0x70);
	der = a->data + at;
	x = d2i_X509(NULL, &der, (long)n);
	if (x == NULL)
		fail("certificate");
	return x;
}

static X509 *
read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *x = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (x == NULL)
		fail("certificate");
	fclose(f);
	return x;
}

/* Which card it is, and whether its PIN may be tried. */
static void
look(struct answer *a)
{
	static const unsigned char chuid[] = { 0x00, 0xcb, 0x3f, 0xff, 0x05,
		0x5c, 0x03, 0x5f, 0xc1, 0x02, 0x00 };
	static const unsigned char tries[] = { 0x00, 0x20, 0x00, 0x80 };

	ask(chuid, sizeof(chuid), a);
	ask(tries, sizeof(tries), a);
	if (a->sw >> 4 != 0x63c)
		fail("tries");
}

static void
verify_pin(const char *pin)
{
	unsigned char command[13] = { 0x00, 0x20, 0x00, 0x80, 0x08, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct answer a;

	if (strlen(pin) > 8)
		fail("PIN");
	memcpy(command + 5, pin, strlen(pin));
	run(command, sizeof(command), &a);
}

static void
sign_rsa(const unsigned char *digest, struct answer *a)
{
	static const unsigned char info[] = { 0x00, 0x30, 0x31, 0x30, 0x0d,
		0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
		0x01, 0x05, 0x00, 0x04, 0x20 };
	unsigned char first[260] = { 0x10, 0x87, 0x07, 0x9a, 0xff, 0x7c, 0x82,
		0x01, 0x06, 0x82, 0x00, 0x81, 0x82, 0x01, 0x00, 0x00, 0x01 };
	unsigned char rest[17] = { 0x00, 0x87, 0x07, 0x9a, 0x0b };
	unsigned char block[256];

	memset(block, 0xff, sizeof(block));
	block[0] = 0x00;
	block[1] = 0x01;
	memcpy(block + 256 - 32 - sizeof(info), info, sizeof(info));
	memcpy(block + 256 - 32, digest, 32);
	memcpy(first + 15, block, 245);
	memcpy(rest + 5, block + 245, 11);
	run(first, sizeof(first), a);
	run(rest, sizeof(rest), a);
}

static void
sign_p256(const unsigned char *digest, struct answer *a)
{
	unsigned char command[44] = { 0x00, 0x87, 0x11, 0x9a, 0x26, 0x7c, 0x24,
		0x82, 0x00, 0x81, 0x20 };

	memcpy(command + 11, digest, 32);
	run(command, sizeof(command), a);
}

static int
verifies(EVP_PKEY *key, const unsigned char *digest, const struct answer *a)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t at = 0, n;
	int good;

	(void)enter(a, &at, 0x7c);
	n = enter(a, &at, 0x82);
	good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_verify(ctx, a->data + at, n, digest, 32) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

static SCARDCONTEXT
connect_first(void)
{
	SCARDCONTEXT context;
	DWORD protocol, size = 4096;
	char readers[4096];

	must(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context),
	    "SCardEstablishContext");
	must(SCardListReaders(context, NULL, readers, &size),
	    "SCardListReaders");
	must(SCardConnect(context, readers, SCARD_SHARE_SHARED,
	         SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol),
	    "SCardConnect");
	pci = protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	must(SCardBeginTransaction(card), "SCardBeginTransaction");
	return context;
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct options {
	const char *known; /* file; NULL: it is read */
	int least, typed;
	const char *pin;
};

static void
parse_options(int argc, char **argv, struct options *ret)
{
	const struct option table[] = {
		{ "known", required_argument, NULL, 'k' },
		{ "least", no_argument, &ret->least, 1 },
		{ "typed", no_argument, &ret->typed, 1 },
		{ 0 },
	};
	int c;

	ret->pin = "123456";
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == 'k')
			ret->known = optarg;
		else if (c != 0)
			exit(2);
	}
	if (optind < argc)
		ret->pin = argv[optind];
}

static void
select_piv(void)
{
	static const unsigned char select[] = { 0x00, 0xa4, 0x04, 0x00, 0x09,
		0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00 };
	struct answer a;

	run(select, sizeof(select), &a);
}

static X509 *
get_certificate(const struct options *o)
{
	struct answer a;

	if (o->known == NULL)
		return read_certificate(&a);
	if (!o->least)
		look(&a);
	return read_file(o->known);
}

static void
begin_again(void)
{
	must(SCardEndTransaction(card, SCARD_LEAVE_CARD),
	    "SCardEndTransaction");
	must(SCardBeginTransaction(card), "SCardBeginTransaction");
	select_piv();
}

int
main(int argc, char **argv)
{
	double began = now_ms();
	struct options o = { 0 };
	SCARDCONTEXT context;
	unsigned char digest[32];
	struct answer a;
	X509 *certificate;
	EVP_PKEY *key;
	int rsa, good;

	parse_options(argc, argv, &o);
	context = connect_first();
	select_piv();
	certificate = get_certificate(&o);
	key = X509_get0_pubkey(certificate);
	if (key == NULL || RAND_bytes(digest, sizeof(digest)) != 1)
		fail("challenge");
	rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	if (o.typed)
		begin_again();
	verify_pin(o.pin);
	if (rsa)
		sign_rsa(digest, &a);
	else
		sign_p256(digest, &a);
	must(SCardEndTransaction(card, SCARD_RESET_CARD),
	    "SCardEndTransaction");
	SCardDisconnect(card, SCARD_LEAVE_CARD);
	SCardReleaseContext(context);
	good = verifies(key, digest, &a);
	printf("kind=%s apdus=%u ms=%.1f verified=%s\n", rsa ? "rsa" : "p256",
	    apdus, now_ms() - began, good ? "yes" : "no");
	X509_free(certificate);
	return good ? 0 : 1;
}
