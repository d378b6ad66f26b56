/* SPDX-License-Identifier: BSD-2-Clause */
#include "pamwalk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

/* Numbers of people's accounts begin here. */
#define UID_FIRST 1000

/* What libpam thinks of the modules so far. */
enum mood {
	UNDECIDED,
	PLEASED,
	ANGRY,
	MOODS
};

enum answer {
	YES,
	NO,
	SKIP /* PAM_IGNORE */
};

struct walk {
	const struct jk_pamstack *stack;
	bool is_locker;
	bool seen[JK_PAMSTACK_MAX + 1][MOODS][2];
	bool is_past, is_weak;
	size_t by;
};

/* On the way to a line. */
struct step {
	size_t at;
	enum mood mood;
	bool refused; /* by ours */
	size_t by;    /* the last line that has jumped, before that */
};

static bool
has_words(const char *args, const char *words)
{
	const size_t len = strlen(words);

	for (const char *at = strstr(args, words); at != NULL;
	     at = strstr(at + 1, words))
		if ((at == args || strchr(BLANKS, at[-1]) != NULL) &&
		    strchr(BLANKS, at[len]) != NULL)
			return true;
	return false;
}

static bool
is_below(const char *args)
{
	const char *at = strstr(args, "uid < ");
	unsigned below = UID_FIRST + 1;
	char more;

	return at != NULL && (at == args || strchr(BLANKS, at[-1]) != NULL) &&
	       sscanf(at, "uid < %9u%c", &below, &more) >= 1 &&
	       below <= UID_FIRST;
}

/* The ways of root and of system accounts, as the shipped files have them. */
static bool
is_for_system(const struct walk *w, const struct jk_pamline *line)
{
	if (strcmp(line->module, "pam_rootok.so") == 0)
		return true;
	/* That one asks who calls. */
	if (strcmp(line->module, "pam_succeed_if.so") != 0 ||
	    has_words(line->args, "use_uid"))
		return false;
	return has_words(line->args, "uid = 0 tty") ||
	       (w->is_locker && has_words(line->args, "uid = 0")) ||
	       has_words(line->args, "user in nobody") || is_below(line->args);
}

static bool
may_say(const struct walk *w, const struct jk_pamline *line, enum answer answer)
{
	if (strcmp(line->module, "pam_permit.so") == 0)
		return answer == YES;
	if (jk_pamline_is_ours(line) ||
	    strcmp(line->module, "pam_deny.so") == 0 || is_for_system(w, line))
		return answer == NO;
	return true;
}

/* A substack is one line for whoever jumps; false: there are not so many. */
static bool
jump(const struct jk_pamstack *stack, size_t *at, unsigned long lines)
{
	const unsigned level = stack->line[*at].level;
	size_t i = *at + 1;

	for (; lines > 0; lines--) {
		if (i >= stack->n || stack->line[i].level < level)
			return false;
		i++;
		while (i < stack->n && stack->line[i].level > level)
			i++;
	}
	*at = i;
	return true;
}

static void walk(struct walk *w, struct step s);

static void
end(struct walk *w, const struct step *s)
{
	if (!s->refused && s->mood != ANGRY && !w->is_past) {
		w->is_past = true;
		w->by = s->by;
	}
	if (s->refused && s->mood == PLEASED)
		w->is_weak = true;
}

static void
act(struct walk *w, struct step s, enum answer answer, const char *what)
{
	const size_t here = s.at;

	if (what[0] >= '1' && what[0] <= '9') {
		if (!s.refused)
			s.by = here;
		if (jump(w->stack, &s.at, strtoul(what, NULL, 10)))
			walk(w, s);
		return;
	}
	s.at++;
	if (strcmp(what, "die") == 0)
		return;
	if (strcmp(what, "reset") == 0) {
		s.mood = UNDECIDED;
	} else if (strcmp(what, "ok") == 0 || strcmp(what, "done") == 0) {
		if (answer == NO)
			s.mood = ANGRY;
		else if (answer == YES && s.mood == UNDECIDED)
			s.mood = PLEASED;
		if (strcmp(what, "done") == 0 && s.mood == PLEASED) {
			if (!s.refused)
				s.by = here;
			end(w, &s);
			return;
		}
	} else if (strcmp(what, "ignore") != 0) { /* bad, or not understood */
		s.mood = ANGRY;
	}
	walk(w, s);
}

/* Each code that the control names, and those that it does not. */
static void
refuse(struct walk *w, struct step s, const struct jk_pamline *line)
{
	char what[16], code[32];

	jk_pamline_action(line, "default", what);
	act(w, s, NO, what);
	for (const char *p = line->control; *p != '\0';
	     p += strcspn(p, BLANKS)) {
		p += strspn(p, BLANKS);
		(void)snprintf(code, sizeof(code), "%.*s",
		    (int)strcspn(p, "=" BLANKS), p);
		if (code[0] == '\0' || strcmp(code, "success") == 0 ||
		    strcmp(code, "ignore") == 0 || strcmp(code, "default") == 0)
			continue;
		jk_pamline_action(line, code, what);
		act(w, s, NO, what);
	}
}

static void
walk(struct walk *w, struct step s)
{
	const struct jk_pamline *line = &w->stack->line[s.at];
	char what[16];

	if (s.at >= w->stack->n) {
		end(w, &s);
		return;
	}
	if (w->seen[s.at][s.mood][s.refused])
		return;
	w->seen[s.at][s.mood][s.refused] = true;
	s.refused = s.refused || jk_pamline_is_ours(line);
	if (may_say(w, line, YES)) {
		jk_pamline_action(line, "success", what);
		act(w, s, YES, what);
	}
	if (may_say(w, line, SKIP)) {
		jk_pamline_action(line, "ignore", what);
		act(w, s, SKIP, what);
	}
	if (may_say(w, line, NO))
		refuse(w, s, line);
}

enum jk_pamstack_fault
jk_pamwalk(const struct jk_pamstack *stack, bool is_locker, size_t *ret_by)
{
	static struct walk w;

	w = (struct walk){ .stack = stack, .is_locker = is_locker };
	walk(&w, (struct step){ .mood = UNDECIDED });
	*ret_by = w.by;
	if (w.is_past)
		return JK_PAMSTACK_PAST;
	return w.is_weak ? JK_PAMSTACK_WEAK : JK_PAMSTACK_GOOD;
}
