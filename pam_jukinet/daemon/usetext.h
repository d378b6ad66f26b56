/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person typed in a use: the grounds, a requirement, the entry of the use
 * ledger. It may name residents, so it stands in no log: a record names it by an
 * id, and the text is kept below /var/lib/jukinet/texts, which only jukinetd can
 * read. One file for each account and day, a line for each text, never changed:
 *
 *     ID TAB USE TAB KIND TAB SECONDS TAB TEXT
 */
#ifndef JK_USETEXT_H
#define JK_USETEXT_H

#include <sys/types.h>

#include "hex.h"

#define JK_USETEXT_DIR "texts"
/* Bytes of an account in a day: whoever fills that fills nobody else's. */
#define JK_USETEXT_DAY_MAX (4 * 1024 * 1024)

/*
 * JK_OK: it outlives a power cut, under the id in `ret`. `kind` is ours; `text`
 * is plain text without a newline. JK_ERR_TOO_BIG: the day's file is full.
 */
enum jk_err jk_usetext_keep(int keep_dir, uid_t uid, const char *use,
    const char *kind, const char *text, char ret[static JK_ID_LEN + 1]);

#endif
