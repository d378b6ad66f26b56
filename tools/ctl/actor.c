/* SPDX-License-Identifier: BSD-2-Clause */
#include "actor.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libaudit.h>

#include "format.h"
#include "inside.h"

/* Officers who lost their registration must not become the console by it. */
static bool
is_officer(uid_t uid)
{
	const struct group *group = getgrnam(JK_OFFICERS_GROUP);
	const struct passwd *entry = getpwuid(uid);

	if (group == NULL || entry == NULL)
		return false;
	if (entry->pw_gid == group->gr_gid)
		return true;
	for (char **member = group->gr_mem; *member != NULL; member++)
		if (strcmp(*member, entry->pw_name) == 0)
			return true;
	return false;
}

/* Before the first snapshot nobody is registered, so nobody can be an officer. */
static bool
nobody_is_known(const struct jk_call *call)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" JK_SNAPSHOT_NAME,
	    call->global.state_dir);
	return access(path, F_OK) != 0 && errno == ENOENT;
}

/* Root from a login of nobody's, of root's, or of a plain administrator's. */
static bool
may_be_console(const struct jk_call *call, enum jk_reason why)
{
	const uid_t loginuid = audit_getloginuid();

	if (loginuid == (uid_t)-1 || loginuid == 0)
		return true;
	return (why == JK_WHY_ACCOUNT_UNKNOWN || nobody_is_known(call)) &&
	       !is_officer(loginuid);
}

enum jk_reason
jk_actor_find(const struct jk_call *call, enum jk_function function,
    struct jk_actor *ret)
{
	struct jk_holder holder;
	enum jk_reason why;

	*ret = (struct jk_actor){ 0 };
	if (geteuid() != 0)
		return JK_WHY_CALLER_FOREIGN;
	why = jk_client_manage(jk_call_name(call),
	    function < JK_FUNCTION_COUNT ? jk_word_id(&jk_functions, function)
	                                 : NULL,
	    &holder);
	if (why != JK_WHY_GRANTED) {
		ret->console = may_be_console(call, why);
		return ret->console ? JK_WHY_GRANTED : why;
	}
	strcpy(ret->person, holder.person);
	strcpy(ret->opid, holder.opid);
	strcpy(ret->type, holder.type);
	strcpy(ret->session, holder.session);
	strcpy(ret->terminal, holder.terminal);
	return JK_WHY_GRANTED;
}

const char *
jk_actor_explain(enum jk_reason why)
{
	switch ((int)why) {
	case JK_WHY_CALLER_FOREIGN:
		return _("this changes the registry: run it with sudo");
	case JK_WHY_ACCOUNT_UNKNOWN:
		return _("your account is not registered for operators: ask "
		         "the access manager");
	case JK_WHY_SESS_NONE:
		return _("you have no operator session here: log in with your "
		         "card first");
	case JK_WHY_SESS_LOCKED:
		return _("your session is locked: unlock the screen first");
	case JK_WHY_FUNC_DENIED:
		return _("your operator ID does not include this function: "
		         "switch to one of type operator-management with "
		         "\"jukinetctl session switch\"");
	case JK_WHY_DELEGATION_NONE:
		return _("this function is not delegated to you: ask a holder "
		         "of type operator-management");
	case JK_WHY_SERVICE_DOWN:
		return _("the login service (jukinetd) does not answer, so "
		         "nobody knows who you are: call the system manager");
	case JK_WHY_AUDIT_DOWN:
		return _("the operation history cannot be recorded, so nothing "
		         "may be changed: call the system manager");
	default:
		return _("your session does not allow this");
	}
}
