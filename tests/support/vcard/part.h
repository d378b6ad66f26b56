/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of a folder in the box: DIR/NAME.key, .pem, .obj and .crl. What
 * is read belongs to the caller.
 */
#ifndef VC_PART_H
#define VC_PART_H

#include <openssl/types.h>

#include "error.h"

struct vc_bytes;

enum vc_err vc_part_write_key(const char *dir, const char *name, EVP_PKEY *key);
enum vc_err vc_part_read_key(const char *dir, const char *name, EVP_PKEY **ret);
enum vc_err vc_part_write_cert(const char *dir, const char *name, X509 *cert);
enum vc_err vc_part_read_cert(const char *dir, const char *name, X509 **ret);
enum vc_err vc_part_write_object(const char *dir, const char *name,
    const struct vc_bytes *object);
enum vc_err vc_part_write_crl(const char *dir, const char *name, X509_CRL *crl);

#endif
