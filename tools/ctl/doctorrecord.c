/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl doctor: what is decided by, whether it is recorded, and the time.
 */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <libaudit.h>

#include "clock.h"
#include "doctor.h"
#include "file.h"
#include "keyfile.h"

#define AUDITD_CONF "/etc/audit/auditd.conf"
#define DROP_IN                                          \
	"/etc/systemd/system/jukinet-witness.service.d/" \
	"jukinet-witness-root.conf"

/* more than this is a warning, in microseconds. */
#define DRIFT_MAX 5000000

/* It may be read by root and by jukinetd. */
static enum jk_health
no_snapshot(const struct jk_patient *patient, struct jk_finding *ret)
{
	if (patient->snapshot_e == JK_ERR_REFUSED)
		return jk_find(ret, JK_UNSURE,
		    _("the snapshot can be read by root only: ask as root"));
	return jk_find(ret, JK_BAD, _("the snapshot cannot be used: %s"),
	    _(jk_err_text(patient->snapshot_e)));
}

static enum jk_health
look_snapshot(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	struct jk_edition edition;
	char until[17];
	enum jk_err e;

	(void)arg;
	if (patient->snapshot_e != JK_OK)
		return no_snapshot(patient, ret);
	e = jk_snapshot_edition(patient->snapshot, &edition);
	if (e != JK_OK)
		return jk_find(ret, JK_BAD,
		    _("the snapshot cannot be used: %s"), _(jk_err_text(e)));
	jk_time_format(edition.valid_until, until);
	if (jk_real_s() >= edition.valid_until)
		return jk_find(ret, JK_BAD,
		    _("the snapshot was good until %s: nobody can log in"),
		    until);
	return jk_find(ret, JK_GOOD,
	    _("snapshot: serial %" PRIu64 ", good until %s"), edition.serial,
	    until);
}

static enum jk_health
look_terminal(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	struct jk_settings settings;
	struct jk_terminal terminal;

	(void)arg;
	if (patient->snapshot_e != JK_OK)
		return no_snapshot(patient, ret);
	if (jk_snapshot_settings(patient->snapshot, &settings) != JK_OK ||
	    settings.terminal[0] == '\0')
		return jk_find(ret, JK_BAD,
		    _("the snapshot does not say which terminal this is"));
	if (jk_snapshot_terminal(patient->snapshot, settings.terminal,
	        &terminal) != JK_OK)
		return jk_find(ret, JK_BAD,
		    _("terminal %s is not in the registry"), settings.terminal);
	if (terminal.revoked)
		return jk_find(ret, JK_BAD, _("terminal %s is revoked"),
		    settings.terminal);
	return jk_find(ret, JK_GOOD, _("this is terminal %s"),
	    settings.terminal);
}

static enum jk_health
look_recording(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	struct jk_settings settings;

	(void)arg;
	if (patient->snapshot_e != JK_OK)
		return no_snapshot(patient, ret);
	if (jk_snapshot_settings(patient->snapshot, &settings) != JK_OK)
		return jk_find(ret, JK_BAD, "%s",
		    _(jk_err_text(JK_ERR_FORMAT)));
	if (settings.recording == JK_RECORDING_KERNEL)
		return jk_find(ret, JK_BAD,
		    _("recording = kernel: access without a proven record"));
	return jk_find(ret, JK_GOOD,
	    _("no access without a record that stands in the log"));
}

static enum jk_health
look_kernel(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	const int fd = geteuid() == 0 ? audit_open() : -1;
	int enabled = -1;

	(void)patient;
	(void)arg;
	/* The library says "off" to whoever the kernel refuses to answer. */
	if (fd >= 0) {
		enabled = audit_is_enabled(fd);
		audit_close(fd);
	}
	if (enabled < 0)
		return jk_find(ret, JK_UNSURE,
		    _("the kernel tells root only whether audit is on: ask as "
		      "root"));
	if (enabled == 0)
		return jk_find(ret, JK_BAD, _("audit is off in the kernel"));
	return jk_find(ret, JK_GOOD, _("audit is on in the kernel"));
}

/* The first line of a small file. */
static bool
first_line(const char *path, char *ret, size_t size)
{
	FILE *in = fopen(path, "re");
	bool read = in != NULL && fgets(ret, (int)size, in) != NULL;

	if (in != NULL)
		fclose(in);
	if (read)
		ret[strcspn(ret, "\n")] = '\0';
	return read;
}

static enum jk_health
look_auditd(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	char pid[16], path[64], comm[32];

	(void)patient;
	(void)arg;
	if (first_line("/run/auditd.pid", pid, sizeof(pid)) && pid[0] != '\0' &&
	    strspn(pid, "0123456789") == strlen(pid)) {
		(void)snprintf(path, sizeof(path), "/proc/%s/comm", pid);
		if (first_line(path, comm, sizeof(comm)) &&
		    strcmp(comm, "auditd") == 0)
			return jk_find(ret, JK_GOOD, _("auditd runs"));
	}
	return jk_find(ret, JK_BAD,
	    _("auditd does not run: nobody can log in"));
}

static void
take_group(void *ctx, const struct jk_setting *setting)
{
	if (strcmp(setting->key, "log_group") == 0)
		(void)snprintf(ctx, 64, "%s", setting->value);
}

static bool
is_member(const char *group)
{
	const struct group *g = getgrnam(group);

	for (char **m = g != NULL ? g->gr_mem : NULL; m != NULL && *m != NULL;
	     m++)
		if (strcmp(*m, "_jukinet-witness") == 0)
			return true;
	return false;
}

/* The witness gets the group from its unit; root's log by a drop-in. */
static enum jk_health
look_log(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	char group[64] = "root";
	enum jk_health health = jk_doctor_read(AUDITD_CONF, &text, ret);

	(void)patient;
	(void)arg;
	if (health != JK_GOOD)
		return health;
	if (jk_keyfile_each(text, take_group, group) != JK_OK)
		return jk_find(ret, JK_BAD, "%s: %s", AUDITD_CONF,
		    _(jk_err_text(JK_ERR_TOO_BIG)));
	if (strcmp(group, JK_AUDIT_GROUP) != 0 && !is_member(group) &&
	    access(DROP_IN, F_OK) != 0)
		return jk_find(ret, JK_BAD,
		    _("jukinet-witness is not in the group %s that may read "
		      "the log"),
		    group);
	return jk_find(ret, JK_GOOD, _("jukinet-witness may read the log"));
}

/* What chrony, ntpd or timesyncd have told the kernel. */
static enum jk_health
look_clock(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	struct timex t = { .modes = 0 };
	const int state = adjtimex(&t);

	(void)patient;
	(void)arg;
	if (state < 0)
		return jk_find(ret, JK_UNSURE, "adjtimex: %s", strerror(errno));
	if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		return jk_find(ret, JK_BAD,
		    _("nothing keeps the clock right (no NTP)"));
	if (t.maxerror > DRIFT_MAX || labs(t.offset) > DRIFT_MAX)
		return jk_find(ret, JK_BAD,
		    _("the clock may be wrong by %ld seconds"),
		    t.maxerror / 1000000);
	return jk_find(ret, JK_GOOD, _("the clock is right within 5 seconds"));
}

const struct jk_item jk_doctor_record[] = {
	{ "snapshot.age", "", look_snapshot, NULL, NULL,
	    "jukinetctl registry build" },
	{ "snapshot.terminal", "", look_terminal, NULL,
	    N_("set [terminal] id in jukinet.conf to a terminal of the "
	       "registry"),
	    "jukinetctl registry build" },
	{ "audit.recording", "", look_recording, NULL,
	    N_("set recording = witnessed in jukinet.conf"),
	    "jukinetctl registry build" },
	{ "audit.kernel", "A-6", look_kernel, NULL, NULL, "auditctl -e 1" },
	{ "audit.auditd", "A-6", look_auditd, NULL, NULL,
	    "systemctl enable --now auditd.service" },
	{ "audit.log", "A-6", look_log, NULL,
	    N_("set log_group in auditd.conf to the group of "
	       "jukinet-witness.service, or let that unit read root's log:"),
	    "install -D -m 0644 " JK_VENDOR_DIR
	    "/systemd/jukinet-witness-root.conf " DROP_IN },
	{ "clock", "A-7", look_clock, NULL,
	    N_("start an NTP client that asks a server of the closed network"),
	    NULL },
	{ 0 },
};
