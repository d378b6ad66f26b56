/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card that is neither PIV nor JPKI, and that OpenSC knows: the NQ-Applet
 * of NXP, as OpenSC's driver speaks to it. No real card was compared.
 */
#ifndef VC_NQ_H
#define VC_NQ_H

#include "chip.h"

extern const struct vc_application vc_nq;

#endif
