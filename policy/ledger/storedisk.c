/* SPDX-License-Identifier: BSD-2-Clause */
#include "storedisk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain.h"

#define PEM ".pem"

enum jk_err
jk_storedisk_blame(const struct jk_storedisk *disk,
    struct jk_store_fault *fault, enum jk_err e, const char *name,
    const char *format, ...)
{
	int keep = errno, n;
	va_list args;

	if (fault->text[0] == '\0') {
		n = snprintf(fault->text, sizeof(fault->text),
		    "%s/%s: ", disk->path, name);
		va_start(args, format);
		if (n >= 0 && (size_t)n < sizeof(fault->text))
			vsnprintf(fault->text + n,
			    sizeof(fault->text) - (size_t)n, format, args);
		va_end(args);
	}
	errno = keep;
	return e;
}

/* What file.h says names the file already. */
static enum jk_err
pass_on(const struct jk_storedisk *disk, struct jk_store_fault *fault,
    enum jk_err e, const char *name, const struct jk_file_fault *said)
{
	const char *why = e == JK_ERR_SYS ? strerror(errno) : jk_err_text(e);
	size_t n = strlen(name);

	if (strncmp(said->text, name, n) == 0 && said->text[n] == ':')
		why = said->text + n + strlen(": ");
	return jk_storedisk_blame(disk, fault, e, name, "%s", why);
}

enum jk_err
jk_storedisk_open(const char *path, uid_t owner, struct jk_storedisk *ret,
    struct jk_store_fault *fault)
{
	struct jk_file_fault said = { "" };
	int fd = -1;
	enum jk_err e = jk_dir_open(path, owner, &fd, &said);

	*ret = (struct jk_storedisk){ path, fd, owner };
	if (e != JK_OK)
		snprintf(fault->text, sizeof(fault->text), "%.*s",
		    (int)sizeof(fault->text) - 1, said.text);
	return e;
}

void
jk_storedisk_close(struct jk_storedisk *disk)
{
	jk_fd_close(&disk->dir_fd);
}

/* A file, read whole; *ret NULL when it is absent. */
static enum jk_err
read_file(const struct jk_storedisk *disk, const char *name, size_t max,
    char **ret, size_t *ret_len, struct jk_store_fault *fault)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault said = { "" };
	enum jk_err e = JK_ERR_NOT_FOUND;

	if (disk->dir_fd >= 0)
		e = jk_file_open_in(disk->dir_fd, name, disk->owner, &fd,
		    &said);
	if (e == JK_OK)
		e = jk_file_read(fd, max, ret, ret_len);
	if (e == JK_OK || e == JK_ERR_NOT_FOUND)
		return JK_OK;
	return pass_on(disk, fault, e, name, &said);
}

enum jk_err
jk_storedisk_registry(const struct jk_storedisk *disk, struct jk_storefile *ret,
    struct jk_store_fault *fault)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct jk_storefile_fault said = { 0, NULL };
	size_t len = 0;
	enum jk_err e = read_file(disk, JK_STORE_REGISTRY, JK_STORE_MAX, &text,
	    &len, fault);

	if (e != JK_OK)
		return e;
	if (text == NULL) {
		*ret = (struct jk_storefile){ .head = jk_ledger_start };
		return JK_OK;
	}
	e = jk_storefile_parse(text, len, ret, &said);
	if (e == JK_ERR_FORMAT)
		return jk_storedisk_blame(disk, fault, e, JK_STORE_REGISTRY,
		    "line %u: %s", said.line, said.why);
	return e;
}

enum jk_err
jk_storedisk_recorded(const struct jk_storedisk *disk, uint64_t *ret,
    struct jk_store_fault *fault)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	const char *at;
	size_t len = 0;
	enum jk_err e =
	    read_file(disk, JK_STORE_RECORDED, 32, &text, &len, fault);

	if (e != JK_OK)
		return e;
	*ret = 0;
	at = text;
	if (text == NULL)
		return JK_OK;
	if (!jk_storefile_take_number(&at, '\n', ret) || at != text + len)
		return jk_storedisk_blame(disk, fault, JK_ERR_FORMAT,
		    JK_STORE_RECORDED, "not a number");
	return JK_OK;
}

enum jk_err
jk_storedisk_ledger(const struct jk_storedisk *disk, int *ret_fd,
    struct jk_store_fault *fault)
{
	struct jk_file_fault said = { "" };
	int fd = -1;
	enum jk_err e = JK_ERR_NOT_FOUND;

	if (disk->dir_fd >= 0)
		e = jk_file_open_in(disk->dir_fd, JK_STORE_LEDGER, disk->owner,
		    &fd, &said);
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return pass_on(disk, fault, e, JK_STORE_LEDGER, &said);
	*ret_fd = fd;
	return JK_OK;
}

enum jk_err
jk_storedisk_ledger_to_write(const struct jk_storedisk *disk, int *ret_fd,
    struct jk_store_fault *fault)
{
	const int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
	JK_CLEANUP(jk_fd_close) int seen = -1, fd = -1;
	struct stat st;
	enum jk_err e = jk_storedisk_ledger(disk, &seen, fault);

	/* Its owner and type are known now, and nobody else can change what
	 * stands in this directory. */
	if (e != JK_OK)
		return e;
	fd = openat(disk->dir_fd, JK_STORE_LEDGER,
	    seen >= 0 ? flags : flags | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || fstat(fd, &st) != 0 ||
	    (st.st_size == 0 && fsync(disk->dir_fd) != 0))
		return jk_storedisk_blame(disk, fault, JK_ERR_SYS,
		    JK_STORE_LEDGER, "%s", strerror(errno));
	*ret_fd = fd;
	fd = -1;
	return JK_OK;
}

enum jk_err
jk_storedisk_write_beside(const struct jk_storedisk *disk,
    struct jk_rowtable *rows, const struct jk_ledger_head *head,
    struct jk_newfile *ret)
{
	JK_CLEANUP(jk_storetext_clear)
	struct jk_storetext text = { .rest = NULL };
	JK_CLEANUP(jk_newfile_discard) struct jk_newfile file = { .fd = -1 };
	enum jk_err e = jk_storefile_format(rows, head, &text);

	if (e != JK_OK)
		return e;
	if ((e = jk_newfile_open(disk->dir_fd, JK_STORE_REGISTRY, &file)) !=
	        JK_OK ||
	    (e = jk_file_write(file.fd, text.first, strlen(text.first))) !=
	        JK_OK ||
	    (e = jk_file_write(file.fd, text.rest, text.rest_len)) != JK_OK ||
	    (e = jk_newfile_seal(&file, 0600, geteuid(), getegid())) != JK_OK)
		return e;
	*ret = JK_TAKE(file);
	return JK_OK;
}

enum jk_err
jk_storedisk_cut(int ledger_fd, uint64_t end)
{
	struct stat st;

	if (fstat(ledger_fd, &st) != 0)
		return JK_ERR_SYS;
	if ((uint64_t)st.st_size < end)
		return JK_ERR_FORMAT;
	if ((uint64_t)st.st_size == end)
		return JK_OK;
	return ftruncate(ledger_fd, (off_t)end) == 0 &&
	               fdatasync(ledger_fd) == 0
	           ? JK_OK
	           : JK_ERR_SYS;
}

enum jk_err
jk_storedisk_append(int ledger_fd, uint64_t end, const char *text, size_t len)
{
	enum jk_err e = jk_storedisk_cut(ledger_fd, end);
	bool whole;
	int keep;

	if (e != JK_OK)
		return e;
	e = jk_file_write(ledger_fd, text, len);
	whole = e == JK_OK;
	if (whole && fdatasync(ledger_fd) != 0)
		e = JK_ERR_SYS;
	if (e == JK_OK)
		return JK_OK;
	keep = errno;
	/* Half a line says nothing; the next writer cuts it off. */
	if (jk_storedisk_cut(ledger_fd, end) != JK_OK && whole)
		e = JK_ERR_TRUNCATED;
	errno = keep;
	return e;
}

enum jk_err
jk_storedisk_set_recorded(const struct jk_storedisk *disk, uint64_t number)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", number);

	return jk_file_write_atomic(disk->dir_fd, JK_STORE_RECORDED, 0600,
	    geteuid(), getegid(), text, (size_t)len);
}

enum jk_err
jk_storedisk_certificates(const struct jk_storedisk *disk, int *ret_fd)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/" JK_STORE_CERTIFICATES,
	    disk->path);

	if (n < 0 || (size_t)n >= sizeof(path))
		return JK_ERR_TOO_BIG;
	return jk_dir_open(path, disk->owner, ret_fd, NULL);
}

static enum jk_err
make_certificates(const struct jk_storedisk *disk, int *ret_fd)
{
	if (mkdirat(disk->dir_fd, JK_STORE_CERTIFICATES, 0700) == 0) {
		if (fsync(disk->dir_fd) != 0)
			return JK_ERR_SYS;
	} else if (errno != EEXIST) {
		return JK_ERR_SYS;
	}
	return jk_storedisk_certificates(disk, ret_fd);
}

enum jk_err
jk_storedisk_check_certificate(const struct jk_storedisk *disk, int dir_fd,
    const char *name)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	char is[JK_STORE_PEM_NAME];
	size_t len;
	enum jk_err e;

	if (!jk_chain_is_hash(name, strlen(name)) ||
	    strcmp(name + JK_LEDGER_HASH_LEN, PEM) != 0)
		return JK_ERR_FORMAT;
	e = jk_file_open_in(dir_fd, name, disk->owner, &fd, NULL);
	if (e == JK_OK)
		e = jk_file_read(fd, JK_STORE_PEM_MAX, &text, &len);
	if (e == JK_OK)
		e = jk_chain_digest(text, len, is);
	if (e != JK_OK)
		return e == JK_ERR_TOO_BIG ? JK_ERR_FORMAT : e;
	return strncmp(name, is, JK_LEDGER_HASH_LEN) == 0 ? JK_OK
	                                                  : JK_ERR_FORMAT;
}

enum jk_err
jk_storedisk_certificate(const struct jk_storedisk *disk, const char *pem,
    size_t len, char ret_name[static JK_STORE_PEM_NAME])
{
	JK_CLEANUP(jk_fd_close) int dir_fd = -1;
	char name[JK_STORE_PEM_NAME];
	enum jk_err e;

	if (len > JK_STORE_PEM_MAX)
		return JK_ERR_TOO_BIG;
	e = jk_chain_digest(pem, len, name);
	if (e == JK_OK)
		e = make_certificates(disk, &dir_fd);
	if (e != JK_OK)
		return e;
	strcpy(name + JK_LEDGER_HASH_LEN, PEM);
	e = jk_newfile_sweep(dir_fd, name);
	if (e == JK_OK)
		e = jk_storedisk_check_certificate(disk, dir_fd, name);
	if (e == JK_ERR_NOT_FOUND)
		e = jk_file_write_atomic(dir_fd, name, 0600, geteuid(),
		    getegid(), pem, len);
	else if (e == JK_OK && fsync(dir_fd) != 0)
		e = JK_ERR_SYS;
	if (e != JK_OK)
		return e;
	strcpy(ret_name, name);
	return JK_OK;
}
