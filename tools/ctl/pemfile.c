/* SPDX-License-Identifier: BSD-2-Clause */
#include "pemfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "callerfile.h"
#include "cert.h"
#include "file.h"

#define PEM_MAX 65536

static int
check(struct jk_change *c, const char *path, const char *pem, size_t len)
{
	static struct jk_card card;
	const char *fault = "a PEM file is needed, not DER";

	if (strstr(pem, "-----BEGIN") != NULL)
		fault = jk_cert_read(pem, len, &card);
	if (fault != NULL)
		return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s: %s", path,
		    fault);
	if (card.valid.until != 0 && c->now >= card.valid.until)
		return jk_change_refuse(c, JK_WHY_CARD_EXPIRED,
		    _("%s: the certificate has expired: issue the card with "
		      "a new one"),
		    path);
	return EXIT_OK;
}

int
jk_pemfile_take(struct jk_change *c, const char *path, char ret_name[static 80])
{
	JK_CLEANUP(jk_file_text_free) char *pem = NULL;
	size_t len = 0;
	enum jk_err e = jk_callerfile_read(path, PEM_MAX, &pem, &len);
	int status;

	if (e != JK_OK)
		return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s: %s", path,
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	status = check(c, path, pem, len);
	if (status != EXIT_OK)
		return status;
	if (c->call->global.dry_run) {
		ret_name[0] = '\0';
		return EXIT_OK;
	}
	e = jk_store_certificate(c->store, pem, len, ret_name);
	if (e != JK_OK)
		return jk_change_refuse(c, JK_WHY_INTERNAL, "%s: %s",
		    c->call->global.state_dir,
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	return EXIT_OK;
}
