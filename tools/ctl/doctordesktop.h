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

/* Does one file have all that is demanded, locked? */
enum jk_health jk_desktop_file(const char *path, jk_settings_each_fn *each,
    const struct jk_demand *demand, struct jk_finding *ret);
/* Do the databases that GNOME reads? */
enum jk_health jk_desktop_dconf(const struct jk_demand *demand,
    struct jk_finding *ret);

#endif
