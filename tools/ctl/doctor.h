/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl doctor: is this terminal as it should be? Every group of items is
 * ONE table: what is looked at, by which rule, and what to do when it is not
 * good. Nothing is changed, and no program is started.
 */
#ifndef JK_DOCTOR_H
#define JK_DOCTOR_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#include "call.h"
#include "config.h"
#include "err.h"
#include "snapshot.h"

enum jk_health {
	JK_GOOD = 0,
	JK_BAD,
	JK_UNSURE, /* it may not be read by who asks, or nobody knows */
	JK_ABSENT, /* nothing of the kind is on this machine: not shown */
};

/* What was seen, in the user's language. */
struct jk_finding {
	char text[512];
};

/* Sessions that are offered at login. */
enum {
	JK_DESKTOP_GNOME = 1 << 0,
	JK_DESKTOP_KDE = 1 << 1,
	JK_DESKTOP_XFCE = 1 << 2,
	JK_DESKTOP_SWAY = 1 << 3,
	JK_DESKTOP_X11 = 1 << 4,      /* another one, on X11 */
	JK_DESKTOP_OTHER = 1 << 5,    /* nothing of ours locks it */
	JK_DESKTOP_SWAY_OWN = 1 << 6, /* sway by the user's configuration */
};

struct jk_patient {
	const struct jk_call *call;
	enum jk_err snapshot_e; /* of opening it */
	struct jk_snapshot *snapshot;
	unsigned desktops;
	char other[NAME_MAX + 1]; /* a file of JK_DESKTOP_OTHER */
};

typedef enum jk_health jk_look_fn(const struct jk_patient *patient,
    const void *arg, struct jk_finding *ret);

struct jk_item {
	const char *id;   /* "socket.jukinetd" */
	const char *rule; /* of the rules: "T-33"; "" where it is ours */
	jk_look_fn *look;
	const void *arg;
	const char *next; /* words, English, marked by N_(); or NULL */
	const char *run;  /* a command, or NULL */
};

/* Each file has its own table, ended by id NULL. */
extern const struct jk_item jk_doctor_service[], jk_doctor_pam[],
    jk_doctor_record[], jk_doctor_idle[], jk_doctor_screen[], jk_doctor_media[],
    jk_doctor_account[], jk_doctor_jobs[], jk_doctor_home[];

/* Writes what was seen; returns `health`. */
enum jk_health jk_find(struct jk_finding *ret, enum jk_health health,
    const char *format, ...) JK_PRINTF(3, 4);
/*
 * Reads a file that only root may have written. JK_GOOD: *ret is released by
 * jk_file_text_free(). Otherwise *finding says why not, and it is JK_UNSURE
 * where somebody else could read it.
 */
enum jk_health jk_doctor_read(const char *path, char **ret,
    struct jk_finding *finding);
/* What that means for who asks: an errno of open or of reading. */
enum jk_health jk_doctor_fault(struct jk_finding *ret, const char *path,
    enum jk_err e, int error);

/* Fills `desktops` and `other`. */
void jk_doctor_find_desktops(struct jk_patient *patient);

#endif
