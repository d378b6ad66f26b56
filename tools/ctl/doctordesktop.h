/* SPDX-License-Identifier: BSD-2-Clause */
/* What the items about desktops share. */
#ifndef JK_DOCTORDESKTOP_H
#define JK_DOCTORDESKTOP_H

#include "doctor.h"
#include "keyfile.h"
#include "setting.h"

/* Puts the files of one switch at their places: jukinet-terminal(7). */
#define JK_SWITCH(name) \
	"cp -r --no-preserve=all " JK_VENDOR_DIR "/terminal/" name "/. /"

typedef enum jk_err jk_settings_each_fn(const char *text, jk_setting_fn *fn,
    void *ctx);

/*
 * What is demanded of a desktop: in the databases that GNOME reads, and in these
 * files, locked.
 */
struct jk_desktop {
	unsigned which; /* JK_DESKTOP_*: absent unless one of them is offered */
	const struct jk_demand *dconf; /* NULL: nothing */
	struct {
		const char *path; /* NULL: no more */
		jk_settings_each_fn *each;
		const struct jk_demand *demand;
	} file[2];
};

#define JK_DESKTOP_ANY (~0U)

/* For an item; its argument is a struct jk_desktop. */
enum jk_health jk_desktop_look(const struct jk_patient *patient,
    const void *arg, struct jk_finding *ret);

#endif
