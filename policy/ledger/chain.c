/* SPDX-License-Identifier: BSD-2-Clause */
#include "chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "hex.h"

#define CHUNK 65536u

static void
free_md(EVP_MD_CTX **md)
{
	EVP_MD_CTX_free(*md);
}

enum jk_err
jk_chain_hash(const char *previous, const void *data, size_t len,
    char ret[static JK_LEDGER_HASH_LEN + 1])
{
	JK_CLEANUP(free_md) EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t digest[JK_LEDGER_HASH_LEN / 2];

	if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(md, previous, strlen(previous)) != 1 ||
	    EVP_DigestUpdate(md, "\n", 1) != 1 ||
	    EVP_DigestUpdate(md, data, len) != 1 ||
	    EVP_DigestFinal_ex(md, digest, NULL) != 1)
		return JK_ERR_CRYPTO;
	jk_hex_encode(digest, sizeof(digest), ret);
	return JK_OK;
}

enum jk_err
jk_chain_digest(const void *data, size_t len,
    char ret[static JK_LEDGER_HASH_LEN + 1])
{
	uint8_t digest[JK_LEDGER_HASH_LEN / 2];

	if (EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return JK_ERR_CRYPTO;
	jk_hex_encode(digest, sizeof(digest), ret);
	return JK_OK;
}

bool
jk_chain_is_hash(const char *text, size_t len)
{
	/* One spelling: it is hashed as text. */
	for (size_t i = 0; i < JK_LEDGER_HASH_LEN; i++)
		if (i >= len || text[i] == '\0' ||
		    strchr("0123456789abcdef", text[i]) == NULL)
			return false;
	return true;
}

void
jk_lines_init(struct jk_lines *lines, int fd, uint64_t at)
{
	*lines = (struct jk_lines){ .fd = fd, .at = at };
}

void
jk_lines_clear(struct jk_lines *lines)
{
	free(lines->data);
	*lines = (struct jk_lines){ .fd = -1 };
}

static enum jk_err
make_room(struct jk_lines *l)
{
	size_t size = l->size == 0 ? CHUNK : 2 * l->size;
	char *data;

	if (l->from > 0) {
		memmove(l->data, l->data + l->from, l->len - l->from);
		l->at += l->from;
		l->len -= l->from;
		l->from = 0;
	}
	if (l->len < l->size)
		return JK_OK;
	data = realloc(l->data, size);
	if (data == NULL)
		return JK_ERR_NOMEM;
	l->data = data;
	l->size = size;
	return JK_OK;
}

/* JK_ERR_NOT_FOUND at the file's end. */
static enum jk_err
fill(struct jk_lines *l)
{
	ssize_t n;
	enum jk_err e = make_room(l);

	if (e != JK_OK)
		return e;
	do
		n = pread(l->fd, l->data + l->len, l->size - l->len,
		    (off_t)(l->at + l->len));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return JK_ERR_SYS;
	l->len += (size_t)n;
	return n == 0 ? JK_ERR_NOT_FOUND : JK_OK;
}

enum jk_err
jk_lines_next(struct jk_lines *lines, struct jk_line *ret)
{
	struct jk_line line = { .begin = lines->at + lines->from };
	const char *lf = NULL;
	size_t seen = 0;
	enum jk_err e = JK_OK;

	for (;;) {
		if (lines->len > lines->from + seen)
			lf = memchr(lines->data + lines->from + seen, '\n',
			    lines->len - lines->from - seen);
		if (lf != NULL)
			break;
		seen = lines->len - lines->from;
		if (seen >= JK_LEDGER_LINE_MAX) {
			line.too_long = true;
			lines->from = lines->len;
			seen = 0;
		}
		e = fill(lines);
		if (e != JK_OK)
			return e;
	}
	line.text = lines->data + lines->from;
	line.len = (size_t)(lf - line.text);
	lines->from += line.len + 1;
	line.end = lines->at + lines->from;
	if (line.end - line.begin > JK_LEDGER_LINE_MAX)
		line.too_long = true;
	if (line.too_long) {
		line.text = NULL;
		line.len = 0;
	}
	*ret = line;
	return JK_OK;
}

enum jk_err
jk_link_split(const struct jk_line *line, struct jk_link *ret)
{
	struct jk_link link;

	if (line->too_long || !jk_chain_is_hash(line->text, line->len) ||
	    line->len < JK_LEDGER_HASH_LEN + 2 ||
	    line->text[JK_LEDGER_HASH_LEN] != ' ')
		return JK_ERR_FORMAT;
	memcpy(link.hash, line->text, JK_LEDGER_HASH_LEN);
	link.hash[JK_LEDGER_HASH_LEN] = '\0';
	link.json = line->text + JK_LEDGER_HASH_LEN + 1;
	link.len = line->len - JK_LEDGER_HASH_LEN - 1;
	*ret = link;
	return JK_OK;
}
