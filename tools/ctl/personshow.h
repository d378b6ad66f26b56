/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl person show: all that the registry says of one person. */
#ifndef JK_PERSONSHOW_H
#define JK_PERSONSHOW_H

struct jk_call;

int jk_person_show(const struct jk_call *call);

#endif
