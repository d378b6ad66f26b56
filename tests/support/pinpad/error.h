/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be wrong with a request; the text goes into the log. */
#ifndef PP_ERROR_H
#define PP_ERROR_H

#include <stdbool.h>

#include "defs.h"

#define PP_ERR_TABLE(X)                                                 \
	X(PP_OK, "success")                                             \
	X(PP_ERR_SHORT, "the structure is cut off")                     \
	X(PP_ERR_DATA_LENGTH, "ulDataLength is not what follows")       \
	X(PP_ERR_FORMAT_TYPE, "bmFormatString: not BCD, not ASCII")     \
	X(PP_ERR_POSITION, "bmFormatString: position inside a byte")    \
	X(PP_ERR_LENGTH_RFU, "bmPINLengthFormat: reserved bits")        \
	X(PP_ERR_LENGTH_UNUSED, "bmPINLengthFormat without a length")   \
	X(PP_ERR_LENGTH_SIZE, "bmPINBlockString: length of odd size")   \
	X(PP_ERR_LENGTH_PLACE, "bmPINLengthFormat: length misplaced")   \
	X(PP_ERR_RANGE, "wPINMaxExtraDigit: empty range")               \
	X(PP_ERR_RANGE_PAD, "wPINMaxExtraDigit: not for this pad")      \
	X(PP_ERR_RANGE_BLOCK, "wPINMaxExtraDigit: more than the block") \
	X(PP_ERR_VALIDATION, "bEntryValidationCondition")               \
	X(PP_ERR_MESSAGES, "bNumberMessage")                            \
	X(PP_ERR_MESSAGE_INDEX, "bMsgIndex")                            \
	X(PP_ERR_PROLOGUE, "bTeoPrologue is not zero")                  \
	X(PP_ERR_CONFIRM, "bConfirmPIN: reserved bits")                 \
	X(PP_ERR_OLD_UNUSED, "bInsertionOffsetOld without an old PIN")  \
	X(PP_ERR_OVERLAP, "old and new PIN overlap")                    \
	X(PP_ERR_BLOCK_SIZE, "a change needs a PIN block size")         \
	X(PP_ERR_APDU_CLASS, "APDU: class")                             \
	X(PP_ERR_APDU_COMMAND, "APDU: not a command for PINs")          \
	X(PP_ERR_APDU_LENGTH, "APDU: Lc is not what follows")           \
	X(PP_ERR_APDU_ROOM, "APDU: the PIN block does not fit")         \
	X(PP_ERR_APDU_FILLED, "APDU: the PIN block is not all FF")

enum JK_NODISCARD pp_err {
#define X(name, text) name,
	PP_ERR_TABLE(X)
#undef X
};

const char *pp_err_text(enum pp_err e);

/* The reader could not make sense of it at all: no status word is due. */
bool pp_err_is_broken(enum pp_err e);

#endif
