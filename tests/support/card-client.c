/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays jukinetd for jukinet-card: one attempt on card.sock, one line on
 * stdout at its end:
 *
 *   signed reader=NAME tries=N verified=yes cards=N waiting=N,.. busy=MS
 *       card_ms=N ms=N
 *   failed reason=CODE tries=N cards=N waiting=N,.. busy=MS ms=N
 *   ended why=TEXT cards=N waiting=N,.. busy=MS ms=N
 *
 * busy=: when it was told that others keep the card, and - if never. tries=- where the field is absent. With --ask a line "card" comes before
 * the PIN is sent, and the PIN goes out when a line came back on stdin. With
 * --tell a line "waiting" comes for each WAITING. Exit
 * status: 0 signed and verified, 1 failed, 3 the conversation ended.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "challenge.h"
#include "clock.h"
#include "frame.h"
#include "hex.h"
#include "protocol.h"
#include "reason.h"

#define WAITS_MAX 8

struct client {
	const char *socket, *pin;
	X509 *only; /* NULL: the first card is taken */
	uint64_t deadline_ms, wait_ms, keep;
	bool pad;                    /* --pad: the PIN by the reader's keys */
	bool ask, tell, known, none; /* --none: every card gets NEXT */
	const char *kind[8];
	size_t n_kinds;

	int fd;
	struct jk_frame *frame;
	int64_t began, card_at, busy_at;
	unsigned cards;
	size_t n_waits;
	uint64_t wait[WAITS_MAX];
	char reader[256];
	uint64_t tries;
	bool has_tries;
	X509 *shown;
	uint8_t nonce[JK_NONCE_LEN];
};

static void
print_waits(const struct client *c)
{
	printf(" cards=%u waiting=", c->cards);
	for (size_t i = 0; i < c->n_waits; i++)
		printf("%s%llu", i > 0 ? "," : "",
		    (unsigned long long)c->wait[i]);
	printf("%s", c->n_waits == 0 ? "-" : "");
	if (c->busy_at > 0)
		printf(" busy=%lld", (long long)(c->busy_at - c->began));
	else
		printf(" busy=-");
}

static void
print_tries(bool has, uint64_t tries)
{
	if (has)
		printf(" tries=%llu", (unsigned long long)tries);
	else
		printf(" tries=-");
}

static int
ended(const struct client *c, const char *why)
{
	printf("ended why=\"%s\"", why);
	print_waits(c);
	printf(" ms=%lld\n", (long long)(jk_boot_ms() - c->began));
	return 3;
}

static int
failed(const struct client *c)
{
	uint64_t number = 0, tries = 0;
	bool has = jk_frame_get_u64(c->frame, JK_FIELD_TRIES, &tries) == JK_OK;

	if (jk_frame_get_u64(c->frame, JK_FIELD_REASON, &number) != JK_OK)
		return ended(c, "no reason");
	printf("failed reason=%s",
	    jk_reason_code(jk_reason_from_number(number)));
	print_tries(has, tries);
	print_waits(c);
	printf(" ms=%lld\n", (long long)(jk_boot_ms() - c->began));
	return 1;
}

static enum jk_key_kind
kind_of(EVP_PKEY *key)
{
	switch (EVP_PKEY_get_bits(key)) {
	case 2048:
		return JK_KEY_RSA2048;
	case 3072:
		return JK_KEY_RSA3072;
	case 4096:
		return JK_KEY_RSA4096;
	case 384:
		return JK_KEY_P384;
	default:
		return JK_KEY_P256;
	}
}

static bool
verifies(const struct client *c, struct jk_cur signature)
{
	struct jk_challenge challenge;
	EVP_PKEY *key = X509_get0_pubkey(c->shown);
	EVP_PKEY_CTX *ctx;
	bool good;

	if (key == NULL ||
	    jk_challenge_make(c->nonce, kind_of(key), &challenge) != JK_OK)
		return false;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx,
	           challenge.len == 48 ? EVP_sha384() : EVP_sha256()) == 1 &&
	       EVP_PKEY_verify(ctx, signature.at, signature.left,
	           challenge.digest, challenge.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

static int
is_signed(const struct client *c)
{
	struct jk_cur signature;
	bool good;

	if (jk_frame_get(c->frame, JK_FIELD_SIGNATURE, &signature) != JK_OK)
		return ended(c, "no signature");
	good = verifies(c, signature);
	printf("signed reader=\"%s\"", c->reader);
	print_tries(c->has_tries, c->tries);
	printf(" verified=%s", good ? "yes" : "no");
	print_waits(c);
	printf(" card_ms=%lld ms=%lld\n", (long long)(c->card_at - c->began),
	    (long long)(jk_boot_ms() - c->began));
	return good ? 0 : 1;
}

static bool
send_find(struct client *c)
{
	bool good;

	jk_frame_start(c->frame, JK_FRAME_FIND);
	good =
	    jk_frame_put_u64(c->frame, JK_FIELD_DEADLINE_MS, c->deadline_ms) ==
	        JK_OK &&
	    jk_frame_put_u64(c->frame, JK_FIELD_WAIT_MS, c->wait_ms) == JK_OK;
	for (size_t i = 0; i < c->n_kinds; i++)
		good = good && jk_frame_put_str(c->frame, JK_FIELD_KIND,
		                   c->kind[i]) == JK_OK;
	return good && jk_frame_send(c->fd, c->frame) == JK_OK;
}

/* --pad has none, unless one is given. */
static bool
put_pin(struct client *c)
{
	const char *pin = c->pin == NULL && !c->pad ? "123456" : c->pin;

	if (c->pad &&
	    (jk_frame_put_u64(c->frame, JK_FIELD_PIN_MIN, 4) != JK_OK ||
	        jk_frame_put_u64(c->frame, JK_FIELD_PIN_MAX, 16) != JK_OK))
		return false;
	return pin == NULL ||
	       jk_frame_put_str(c->frame, JK_FIELD_PIN, pin) == JK_OK;
}

static bool
send_sign(struct client *c)
{
	jk_frame_start(c->frame, JK_FRAME_SIGN);
	return jk_random(c->nonce, sizeof(c->nonce)) == JK_OK &&
	       jk_frame_put(c->frame, JK_FIELD_NONCE, c->nonce,
	           sizeof(c->nonce)) == JK_OK &&
	       put_pin(c) &&
	       jk_frame_put_u64(c->frame, JK_FIELD_TRIES_KEEP, c->keep) ==
	           JK_OK &&
	       jk_frame_put_u64(c->frame, JK_FIELD_KEY_KIND,
	           kind_of(X509_get0_pubkey(c->shown))) == JK_OK &&
	       (!c->pad ||
	           jk_frame_put_u64(c->frame, JK_FIELD_PAD, 1) == JK_OK) &&
	       jk_frame_send(c->fd, c->frame) == JK_OK;
}

static void
wait_for_tester(void)
{
	char line[16];

	puts("card");
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		exit(3);
}

/* False: it shows no certificate, or none that can be read. */
static bool
take_certificate(struct client *c)
{
	struct jk_cur der;
	const unsigned char *at;

	X509_free(c->shown);
	c->shown = NULL;
	if (jk_frame_get(c->frame, JK_FIELD_CERTIFICATE, &der) != JK_OK)
		return false;
	at = der.at;
	c->shown = d2i_X509(NULL, &at, (long)der.left);
	return c->shown != NULL;
}

static bool
say(struct client *c, enum jk_frame_type type)
{
	jk_frame_start(c->frame, (uint8_t)type);
	return jk_frame_send(c->fd, c->frame) == JK_OK;
}

static bool
answer_card(struct client *c)
{
	if (jk_frame_get_str(c->frame, JK_FIELD_READER, c->reader,
	        sizeof(c->reader)) != JK_OK)
		return false;
	c->has_tries =
	    jk_frame_get_u64(c->frame, JK_FIELD_TRIES, &c->tries) == JK_OK;
	if (!take_certificate(c)) {
		if (!c->known)
			return say(c, JK_FRAME_READ);
		c->shown = X509_dup(c->only);
	}
	c->cards++;
	c->card_at = jk_boot_ms();
	if (c->none || (c->only != NULL && X509_cmp(c->only, c->shown) != 0))
		return say(c, JK_FRAME_NEXT);
	if (c->ask)
		wait_for_tester();
	return send_sign(c);
}

static void
note_waiting(struct client *c)
{
	uint64_t n;

	if (c->n_waits < WAITS_MAX &&
	    jk_frame_get_u64(c->frame, JK_FIELD_READERS, &n) == JK_OK)
		c->wait[c->n_waits++] = n;
	if (c->tell) {
		puts("waiting");
		(void)fflush(stdout);
	}
}

static int
talk(struct client *c)
{
	/* Somewhat longer than the card process itself. */
	int64_t until = jk_boot_ms() + (int64_t)c->deadline_ms + 2000;

	if (!send_find(c))
		return ended(c, "cannot send FIND");
	for (;;) {
		enum jk_err e =
		    jk_frame_recv(c->fd, NULL, until, c->frame, NULL);

		if (e != JK_OK)
			return ended(c, jk_err_text(e));
		switch (jk_frame_type(c->frame)) {
		case JK_FRAME_WAITING:
			note_waiting(c);
			break;
		case JK_FRAME_BUSY:
			if (c->busy_at > 0)
				return ended(c, "told twice");
			c->busy_at = jk_boot_ms();
			break;
		case JK_FRAME_CARD:
			if (!answer_card(c))
				return ended(c, "CARD cannot be answered");
			break;
		case JK_FRAME_SIGNED:
			return is_signed(c);
		case JK_FRAME_FAILED:
			return failed(c);
		default:
			return ended(c, "unexpected frame");
		}
	}
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "card-client: %s: %s\n", path, strerror(errno));
		exit(3);
	}
	return fd;
}

static X509 *
read_certificate(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *x = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (x == NULL) {
		fprintf(stderr, "card-client: %s: no certificate\n", path);
		exit(2);
	}
	fclose(f);
	return x;
}

static void
parse_options(int argc, char **argv, struct client *c)
{
	static const struct option table[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "pin", required_argument, NULL, 'p' },
		{ "cert", required_argument, NULL, 'c' },
		{ "deadline", required_argument, NULL, 'd' },
		{ "wait", required_argument, NULL, 'w' },
		{ "keep", required_argument, NULL, 'k' },
		{ "ask", no_argument, NULL, 'a' },
		{ "tell", no_argument, NULL, 't' },
		{ "none", no_argument, NULL, 'n' },
		{ "pad", no_argument, NULL, 'P' },
		{ "known", no_argument, NULL, 'N' },
		{ "kind", required_argument, NULL, 'K' },
		{ 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (o) {
		case 's':
			c->socket = optarg;
			break;
		case 'p':
			c->pin = optarg;
			break;
		case 'c':
			c->only = read_certificate(optarg);
			break;
		case 'd':
			c->deadline_ms = strtoull(optarg, NULL, 10);
			break;
		case 'w':
			c->wait_ms = strtoull(optarg, NULL, 10);
			break;
		case 'k':
			c->keep = strtoull(optarg, NULL, 10);
			break;
		case 'a':
			c->ask = true;
			break;
		case 't':
			c->tell = true;
			break;
		case 'n':
			c->none = true;
			break;
		case 'P':
			c->pad = true;
			break;
		case 'N':
			c->known = true;
			break;
		case 'K':
			if (c->n_kinds == 8)
				exit(2);
			c->kind[c->n_kinds++] = optarg;
			break;
		default:
			exit(2);
		}
	}
}

int
main(int argc, char **argv)
{
	static struct client c = {
		.socket = "/run/jukinet/card.sock",
		.deadline_ms = 10000,
		.wait_ms = 1000,
	};
	int status;

	parse_options(argc, argv, &c);
	if (c.n_kinds == 0) {
		c.kind[c.n_kinds++] = "piv";
		c.kind[c.n_kinds++] = "jpki";
	}
	if (jk_frame_new(&c.frame) != JK_OK)
		return 2;
	c.fd = connect_to(c.socket);
	c.began = jk_boot_ms();
	status = talk(&c);
	close(c.fd);
	jk_frame_free(&c.frame);
	X509_free(c.only);
	X509_free(c.shown);
	return status;
}
