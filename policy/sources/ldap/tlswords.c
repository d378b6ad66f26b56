/* SPDX-License-Identifier: BSD-2-Clause */
#include "tlswords.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

/* LDAP_DEBUG_TRACE, which no installed header has: the least that says all. */
#define DEBUG_TRACE 1

static char reason[256];

/* What GnuTLS found, as gnutls_certificate_verify_peers2() numbers it. */
static void
explain(unsigned long status)
{
	static const struct {
		unsigned long bit;
		const char *text;
	} bits[] = {
		{ 1ul << 5, "the server's certificate is revoked" },
		{ 1ul << 10, "the server's certificate is expired" },
		{ 1ul << 9, "the server's certificate is not yet valid" },
		{ 1ul << 6, "the server's certificate is of no CA in ca-file" },
		{ 1ul << 7, "the server's certificate is of no CA in ca-file" },
		{ 1ul << 8, "the server's certificate is signed weakly" },
		{ 1ul << 11, "the server's certificate has a bad signature" },
	};

	for (size_t i = 0; i < JK_COUNT(bits); i++)
		if ((status & bits[i].bit) != 0) {
			snprintf(reason, sizeof(reason), "%s", bits[i].text);
			return;
		}
	snprintf(reason, sizeof(reason),
	    "the server's certificate is not good (0x%lx)", status);
}

void
jk_tlswords_hear(const char *line)
{
	static const char untrusted[] =
	    "TLS: peer cert untrusted or revoked (0x";
	static const char *const plain[] = { "TLS: hostname ",
		"TLS: unable to get ", "TLS: peer certificate ",
		"TLS: could not use CA certificate", "TLS: could not load " };

	if (strncmp(line, untrusted, sizeof(untrusted) - 1) == 0) {
		explain(strtoul(line + sizeof(untrusted) - 1, NULL, 16));
		return;
	}
	for (size_t i = 0; i < JK_COUNT(plain); i++)
		if (strncmp(line, plain[i], strlen(plain[i])) == 0)
			snprintf(reason, sizeof(reason), "%.*s",
			    (int)strcspn(line + 5, "\n"), line + 5);
}

void
jk_tlswords_listen(bool on)
{
	const int level = on ? DEBUG_TRACE : 0;

	if (on) {
		reason[0] = '\0';
		(void)ber_set_option(NULL, LBER_OPT_LOG_PRINT_FN,
		    (void *)jk_tlswords_hear);
	}
	(void)ldap_set_option(NULL, LDAP_OPT_DEBUG_LEVEL, &level);
}

const char *
jk_tlswords_reason(void)
{
	return reason;
}
