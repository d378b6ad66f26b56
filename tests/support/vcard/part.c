/* SPDX-License-Identifier: BSD-2-Clause */
#include "part.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "bytes.h"

static void
close_file(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
	*f = NULL;
}

/* DIR/NAME.SUFFIX. Written files are for the owner only. */
static enum vc_err
open_part(const char *dir, const char *name, const char *suffix, bool writing,
    FILE **ret)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(path))
		return VC_ERR_TOO_LONG;
	fd = open(path,
	    O_CLOEXEC | (writing ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY),
	    0600);
	if (fd < 0)
		return VC_ERR_SYS;
	*ret = fdopen(fd, writing ? "w" : "r");
	if (*ret != NULL)
		return VC_OK;
	(void)close(fd);
	return VC_ERR_SYS;
}

enum vc_err
vc_part_write_key(const char *dir, const char *name, EVP_PKEY *key)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	enum vc_err e;

	e = open_part(dir, name, "key", true, &f);
	if (e != VC_OK)
		return e;
	if (PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    fflush(f) != 0)
		return VC_ERR_CRYPTO;
	return VC_OK;
}

enum vc_err
vc_part_write_cert(const char *dir, const char *name, X509 *cert)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	enum vc_err e;

	e = open_part(dir, name, "pem", true, &f);
	if (e != VC_OK)
		return e;
	if (PEM_write_X509(f, cert) != 1 || fflush(f) != 0)
		return VC_ERR_CRYPTO;
	return VC_OK;
}

enum vc_err
vc_part_read_cert(const char *dir, const char *name, X509 **ret)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	enum vc_err e;

	e = open_part(dir, name, "pem", false, &f);
	if (e != VC_OK)
		return e;
	*ret = PEM_read_X509(f, NULL, NULL, NULL);
	return *ret == NULL ? VC_ERR_CRYPTO : VC_OK;
}

enum vc_err
vc_part_read_key(const char *dir, const char *name, EVP_PKEY **ret)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	enum vc_err e;

	e = open_part(dir, name, "key", false, &f);
	if (e != VC_OK)
		return e;
	*ret = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	return *ret == NULL ? VC_ERR_CRYPTO : VC_OK;
}

enum vc_err
vc_part_write_object(const char *dir, const char *name,
    const struct vc_bytes *object)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	enum vc_err e;

	e = open_part(dir, name, "obj", true, &f);
	if (e != VC_OK)
		return e;
	if (fwrite(object->data, 1, object->len, f) != object->len ||
	    fflush(f) != 0)
		return VC_ERR_SYS;
	return VC_OK;
}

enum vc_err
vc_part_write_crl(const char *dir, const char *name, X509_CRL *crl)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	enum vc_err e;

	e = open_part(dir, name, "crl", true, &f);
	if (e != VC_OK)
		return e;
	if (PEM_write_X509_CRL(f, crl) != 1 || fflush(f) != 0)
		return VC_ERR_CRYPTO;
	return VC_OK;
}
