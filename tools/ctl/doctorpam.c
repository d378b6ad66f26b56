/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl doctor: is every way in and every locker behind pam_jukinet? */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "file.h"
#include "pamstack.h"

/* Where services have their files, the administrator's first. */
static const char *const places[] = { "/etc/pam.d", "/usr/lib/pam.d" };

struct service_item {
	const char *name;
	bool needed;  /* a terminal without it is not ready */
	bool session; /* it opens sessions */
};

struct reading {
	struct jk_finding fault; /* of a file that could not be read */
	enum jk_health health;
};

static enum jk_err
read_service(void *ctx, const char *service, char **ret)
{
	struct reading *r = ctx;
	char path[PATH_MAX];

	for (size_t i = 0; i < JK_COUNT(places); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", places[i], service);
		if (*service == '/')
			(void)snprintf(path, sizeof(path), "%s", service);
		r->health = jk_doctor_read(path, ret, &r->fault);
		if (r->health == JK_GOOD)
			return JK_OK;
		if (access(path, F_OK) == 0)
			break;
	}
	return JK_ERR_NOT_FOUND;
}

static bool
is_there(const char *service)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < JK_COUNT(places); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", places[i], service);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static enum jk_health
load(const char *service, const char *phase, struct jk_pamstack *stack,
    struct jk_finding *ret)
{
	struct reading reading = { .health = JK_BAD };
	const enum jk_err e =
	    jk_pamstack_load(service, phase, read_service, &reading, stack);

	if (e == JK_OK)
		return JK_GOOD;
	if (e != JK_ERR_NOT_FOUND)
		return jk_find(ret, JK_BAD, "pam.d/%s: %s", service,
		    _(jk_err_text(e)));
	*ret = reading.fault;
	return reading.health;
}

static enum jk_health
judge(const struct service_item *service, const char *phase, bool *ret_shut,
    struct jk_finding *ret)
{
	static struct jk_pamstack stack;
	enum jk_health health = load(service->name, phase, &stack, ret);
	size_t by = 0;

	if (health != JK_GOOD)
		return health;
	*ret_shut = jk_pamstack_is_shut(&stack);
	switch (jk_pamstack_judge(&stack, !service->session, &by)) {
	case JK_PAMSTACK_NONE:
		return jk_find(ret, JK_BAD,
		    _("pam.d/%s asks no pam_jukinet.so (%s)"), service->name,
		    phase);
	case JK_PAMSTACK_WEAK:
		return jk_find(ret, JK_BAD,
		    _("pam.d/%s does not heed pam_jukinet.so (%s, \"%s\")"),
		    service->name, phase, stack.line[by].control);
	case JK_PAMSTACK_PAST:
		return jk_find(ret, JK_BAD,
		    _("pam.d/%s lets %s get past pam_jukinet.so (%s)"),
		    service->name, stack.line[by].module, phase);
	case JK_PAMSTACK_GOOD:
		break;
	}
	return jk_find(ret, JK_GOOD,
	    _("pam.d/%s: nobody gets past pam_jukinet.so"), service->name);
}

/* PAM takes the file of that name for whoever has none. */
static const struct service_item other = { "other", false, false };

/* One that is installed asks PAM, with a file of its own or without. */
static bool
is_installed(const struct service_item *service)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/usr/bin/%s", service->name);
	return !service->session && access(path, X_OK) == 0;
}

static enum jk_health
look_service(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	const struct service_item *service = arg;
	enum jk_health health;
	bool shut = false;

	(void)patient;
	if (!service->needed && !is_there(service->name)) {
		if (!is_installed(service))
			return JK_ABSENT;
		service = &other;
	}
	health = judge(service, "auth", &shut, ret);
	if (health == JK_GOOD && service->session && !shut)
		health = judge(service, "session", &shut, ret);
	return health;
}

static enum jk_health
look_root(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	static struct jk_pamstack stack;
	const enum jk_health health = load("login", "auth", &stack, ret);

	(void)patient;
	(void)arg;
	if (health != JK_GOOD)
		return health;
	if (!jk_pamstack_root_passes(&stack))
		return jk_find(ret, JK_BAD,
		    _("pam.d/login has no way in for root when jukinet "
		      "fails"));
	return jk_find(ret, JK_GOOD,
	    _("root on a local terminal gets in without jukinet"));
}

#define COPY(name) \
	"install -m 0644 " JK_VENDOR_DIR "/pam.d/" name " /etc/pam.d/"
#define WAY_IN                                                      \
	N_("put pam_jukinet.so in front of what takes a password: " \
	   "pam_jukinet(8)")
#define LOCKER                                              \
	N_("let auth be \"@include jukinet-unlock\" alone " \
	   "(elsewhere \"auth include jukinet-unlock\")")

#define ITEM(name, needed, session, next, run)                             \
	{                                                                  \
		"pam." name, "S-21", look_service,                         \
		    &(const struct service_item){ name, needed, session }, \
		    next, run                                              \
	}

const struct jk_item jk_doctor_pam[] = {
	ITEM("login", true, true, NULL, COPY("login")),
	{ "pam.root", "", look_root, NULL, NULL, COPY("login") },
	ITEM("su", true, true, NULL, COPY("su")),
	ITEM("su-l", false, true, NULL,
	    "install -m 0644 " JK_VENDOR_DIR "/pam.d/su /etc/pam.d/su-l"),
	/* display managers */
	ITEM("gdm-password", false, true, WAY_IN, NULL),
	ITEM("gdm-smartcard", false, true, WAY_IN, NULL),
	ITEM("gdm-fingerprint", false, true, WAY_IN, NULL),
	ITEM("gdm-autologin", false, true, WAY_IN, NULL),
	ITEM("lightdm", false, true, WAY_IN, NULL),
	ITEM("lightdm-autologin", false, true, WAY_IN, NULL),
	ITEM("sddm", false, true, WAY_IN, NULL),
	ITEM("sddm-autologin", false, true, WAY_IN, NULL),
	ITEM("greetd", false, true, WAY_IN, NULL),
	/* lockers; most know nothing but auth */
	ITEM("kde", false, false, LOCKER, NULL),
	ITEM("kde-fingerprint", false, false, LOCKER, NULL),
	ITEM("kde-smartcard", false, false, LOCKER, NULL),
	ITEM("i3lock", false, false, LOCKER, NULL),
	ITEM("swaylock", false, false, LOCKER, NULL),
	ITEM("xscreensaver", false, false, LOCKER, NULL),
	ITEM("xsecurelock", false, false, LOCKER, NULL),
	ITEM("xfce4-screensaver", false, false, LOCKER, NULL),
	ITEM("mate-screensaver", false, false, LOCKER, NULL),
	ITEM("cinnamon-screensaver", false, false, LOCKER, NULL),
	ITEM("vlock", false, false, LOCKER, NULL),
	ITEM("physlock", false, false, LOCKER, NULL),
	{ 0 },
};
