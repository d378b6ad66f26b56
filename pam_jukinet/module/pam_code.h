/* SPDX-License-Identifier: BSD-2-Clause */
/* The one table that maps results to PAM codes (design rule 8). */
#ifndef JK_PAM_CODE_H
#define JK_PAM_CODE_H

#include "reason.h"

enum jk_phase {
	JK_PHASE_AUTH,
	JK_PHASE_ACCOUNT,
	JK_PHASE_SESSION,
	JK_PHASE_PRELIM, /* whether a PIN can be changed */
	JK_PHASE_CHANGE, /* now it is */
};

/* PAM_SUCCESS for JK_WHY_GRANTED only. */
int jk_pam_code(enum jk_reason why, enum jk_phase phase);

#endif
