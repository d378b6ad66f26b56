/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinet/policy.h - the interface of a source of registry rows
 *
 * A source is a shared object libjukinet_policy_NAME.so.1 that exports ONE
 * symbol, JUKINET_POLICY_SYMBOL, a struct jukinet_policy_source. It is named
 * in "sources =" of jukinet.conf(5) and runs inside "jukinetctl registry
 * build" as root, never in a login. It yields rows (persons, operator IDs,
 * cards ...) as keys and values, exactly those of jukinet-registry(5), and
 * decides nothing: every value is checked by the builder as if it came from an
 * enemy. See jukinet-policy-source(3).
 *
 * C99. Not thread-safe: a source is called by one thread, one call at a time.
 */
#ifndef JUKINET_POLICY_H
#define JUKINET_POLICY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JUKINET_POLICY_VERSION 1
/* The symbol; its name carries the version. */
#define JUKINET_POLICY_SYMBOL "jukinet_policy_source_v1"

/* What a source found. How each is taken is set in "sources =". */
enum jukinet_policy_status {
	JUKINET_POLICY_SUCCESS = 0,  /* all rows were yielded */
	JUKINET_POLICY_NOTFOUND = 1, /* it was asked, and holds no registry */
	JUKINET_POLICY_UNAVAIL = 2,  /* it could not be asked */
	JUKINET_POLICY_TRYAGAIN = 3  /* not now: busy, or too slow */
};

/* One "key = value". Borrowed for the call that yields it. */
struct jukinet_policy_value {
	const char *key;  /* as in jukinet-registry(5), "valid-until" */
	const void *data; /* UTF-8 text without a NUL; of "certificate" the
	                   * certificate itself, PEM or DER */
	size_t len;       /* bytes */
	unsigned line;    /* where it stands; 0: unknown */
};

/* One row. Borrowed for the call that yields it. */
struct jukinet_policy_row {
	const char *kind; /* "person", "account", "operator-id", "card", ... */
	const char *id;
	const char *place; /* a file's path or an entry's name, for messages */
	unsigned line;     /* where it begins; 0: unknown */
	size_t n_values;
	const struct jukinet_policy_value *values; /* a repeated key stands
	                                            * more than once */
};

/* That a terminal has taken a registry into its snapshot. */
struct jukinet_policy_applied {
	const char *terminal; /* id */
	uint64_t serial;      /* of the registry */
	int64_t at;           /* seconds since the epoch */
};

/* That the PIN of a card was changed on this terminal. */
struct jukinet_policy_pin {
	const char *card; /* id */
	int64_t changed;  /* seconds since the epoch */
};

/* What the builder gives. Borrowed for the call. */
struct jukinet_policy_host {
	unsigned version; /* JUKINET_POLICY_VERSION */
	size_t size;      /* sizeof(struct jukinet_policy_host) of the host */
	const char *config_dir; /* absolute, "/etc/jukinet" */
	const char *state_dir;  /* absolute, "/var/lib/jukinet-registry" */
	uint32_t owner; /* uid that may own configuration, beside root */
	int timeout_ms; /* for the whole call; then answer TRYAGAIN */
	void *ctx;      /* for the functions below */
	/*
	 * Takes one row. Anything but 0: stop, and return UNAVAIL; the host
	 * knows why.
	 */
	int (*yield)(void *ctx, const struct jukinet_policy_row *row);
	/* Takes the serial of the registry as a whole, where it has one. */
	void (*serial)(void *ctx, uint64_t serial);
	/* Takes one answer of status(). */
	int (*applied)(void *ctx, const struct jukinet_policy_applied *applied);
	/*
	 * Says what is wrong, one line of UTF-8 without newline; `place` and
	 * `line` as in a row, place may be NULL. After an error the build is
	 * refused, whatever the source returns.
	 */
	void (*error)(void *ctx, const char *place, unsigned line,
	    const char *text);
	void (*warning)(void *ctx, const char *place, unsigned line,
	    const char *text);
};

/*
 * It grows at its end only: a source that was built with an older header, and
 * whose size ends before a function, has none of that name. The oldest ends
 * with publish().
 */
struct jukinet_policy_source {
	unsigned version; /* JUKINET_POLICY_VERSION */
	size_t size;      /* sizeof(struct jukinet_policy_source) */
	const char *name; /* NAME of the file's name */
	/*
	 * Yields every row there is. Returns enum jukinet_policy_status; with
	 * another than SUCCESS what was yielded does not count.
	 */
	int (*rows)(const struct jukinet_policy_host *host);
	/* NULL, or: keeps what this terminal has applied. */
	int (*report)(const struct jukinet_policy_host *host,
	    const struct jukinet_policy_applied *applied);
	/*
	 * NULL, or: what each terminal has applied, through applied(); one
	 * that never said so has the serial 0.
	 */
	int (*status)(const struct jukinet_policy_host *host);
	/*
	 * NULL, or: makes what it holds equal to these rows, as the registry
	 * `serial`; rows that are not among them are removed.
	 */
	int (*publish)(const struct jukinet_policy_host *host,
	    const struct jukinet_policy_row *rows, size_t n, uint64_t serial);
	/*
	 * NULL, or: keeps when the PINs of these cards were changed, so that
	 * rows() gives it to every terminal. What it holds already of a card
	 * may be later, and stays then; a card that it does not hold is
	 * passed over. None of them lies in the future. They are given again
	 * by every build until its rows say so.
	 */
	int (*pins)(const struct jukinet_policy_host *host,
	    const struct jukinet_policy_pin *pins, size_t n);
};

#ifdef __cplusplus
}
#endif

#endif
