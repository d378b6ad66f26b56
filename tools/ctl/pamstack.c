/* SPDX-License-Identifier: BSD-2-Clause */
#include "pamstack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "file.h"
#include "pamwalk.h"

#define OURS   "pam_jukinet.so"
#define BLANKS " \t"

/* Of a line with those that it is continued on. */
#define LINE_MAX_ 1024

struct loading {
	const char *phase;
	jk_pamstack_read_fn *read;
	void *ctx;
	struct jk_pamstack *stack;
	unsigned files; /* read so far */
};

/* How deep a file lies in others, and in how many substacks. */
struct place {
	unsigned depth, level;
};

static enum jk_err load(struct loading *l, const char *service,
    struct place place);

/* Joins what "\" continues, and takes comments off. */
static enum jk_err
next_line(const char **at, char ret[static LINE_MAX_])
{
	size_t n = 0;

	for (;;) {
		const size_t len = strcspn(*at, "\n");
		const bool more = len > 0 && (*at)[len - 1] == '\\';

		if (n + len >= LINE_MAX_)
			return JK_ERR_TOO_BIG;
		memcpy(ret + n, *at, len);
		n += len - more;
		ret[n] = '\0';
		*at += len + ((*at)[len] == '\n');
		if (!more || **at == '\0')
			break;
		ret[n++] = ' ';
	}
	ret[strcspn(ret, "#")] = '\0';
	return JK_OK;
}

/* The next word; one in brackets without them. */
static char *
take_word(char **at)
{
	char *word = *at + strspn(*at, BLANKS);
	const bool bracket = *word == '[';
	size_t len;

	word += bracket;
	len = strcspn(word, bracket ? "]" : BLANKS);
	*at = word + len + (word[len] != '\0');
	word[len] = '\0';
	return word;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static enum jk_err
add(struct jk_pamstack *stack, const char *control, const char *module,
    const char *args, unsigned level)
{
	struct jk_pamline *line;

	if (stack->n == JK_PAMSTACK_MAX ||
	    strlen(control) >= sizeof(line->control) ||
	    strlen(base_name(module)) >= sizeof(line->module))
		return JK_ERR_TOO_BIG;
	line = &stack->line[stack->n++];
	(void)snprintf(line->control, sizeof(line->control), "%s", control);
	(void)snprintf(line->module, sizeof(line->module), "%s",
	    base_name(module));
	(void)snprintf(line->args, sizeof(line->args), "%s",
	    args + strspn(args, BLANKS));
	line->level = level;
	return JK_OK;
}

static enum jk_err
take_line(struct loading *l, char *line, struct place place)
{
	char *at = line, *control, *module;
	const char *phase = take_word(&at);
	enum jk_err e;

	/* PAM does not tell capital letters from small ones here. */
	place.depth++;
	if (strcasecmp(phase, "@include") == 0)
		return load(l, take_word(&at), place);
	if (strcasecmp(phase + (*phase == '-'), l->phase) != 0)
		return JK_OK;
	control = take_word(&at);
	module = take_word(&at);
	/* What ends a substack ends no more than that; taken for all, so that
	 * an odd stack is reported rather than passed. */
	if (strcasecmp(control, "include") == 0)
		return load(l, module, place);
	if (strcasecmp(control, "substack") == 0) {
		e = add(l->stack, "default=ignore", control, "", place.level++);
		return e == JK_OK ? load(l, module, place) : e;
	}
	return add(l->stack, control, module, at, place.level);
}

static enum jk_err
load(struct loading *l, const char *service, struct place place)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	char line[LINE_MAX_];
	const char *at;
	enum jk_err e;

	if (place.depth > JK_PAMSTACK_DEPTH || l->files++ == JK_PAMSTACK_FILES)
		return JK_ERR_TOO_BIG;
	e = l->read(l->ctx, service, &text);
	for (at = text; e == JK_OK && *at != '\0';) {
		e = next_line(&at, line);
		if (e == JK_OK && line[strspn(line, BLANKS)] != '\0')
			e = take_line(l, line, place);
	}
	return e;
}

enum jk_err
jk_pamstack_load(const char *service, const char *phase,
    jk_pamstack_read_fn *read, void *ctx, struct jk_pamstack *ret)
{
	struct loading l = { phase, read, ctx, ret, 0 };

	ret->n = 0;
	return load(&l, service, (struct place){ 0, 0 });
}

/* The words that stand for brackets (pam.d(5)). */
static const char *
in_brackets(const char *control)
{
	static const char *const known[][2] = {
		{ "required",
		    "success=ok new_authtok_reqd=ok ignore=ignore default=bad" },
		{ "requisite",
		    "success=ok new_authtok_reqd=ok ignore=ignore default=die" },
		{ "sufficient",
		    "success=done new_authtok_reqd=done default=ignore" },
		{ "optional", "success=ok new_authtok_reqd=ok default=ignore" },
	};

	for (size_t i = 0; i < JK_COUNT(known); i++)
		if (strcasecmp(known[i][0], control) == 0)
			return known[i][1];
	return control;
}

static void
action(const char *control, const char *result, char ret[static 16])
{
	const size_t len = strlen(result);

	ret[0] = '\0';
	for (const char *p = control; *p != '\0'; p += strcspn(p, BLANKS)) {
		p += strspn(p, BLANKS);
		if (strncmp(p, result, len) != 0 || p[len] != '=')
			continue;
		(void)snprintf(ret, 16, "%.*s",
		    (int)strcspn(p + len + 1, BLANKS), p + len + 1);
		return;
	}
}

void
jk_pamline_action(const struct jk_pamline *line, const char *result,
    char ret[static 16])
{
	const char *control = in_brackets(line->control);

	action(control, result, ret);
	if (ret[0] == '\0')
		action(control, "default", ret);
}

bool
jk_pamline_is_ours(const struct jk_pamline *line)
{
	return strcmp(line->module, OURS) == 0;
}

static bool
is_heeded(const struct jk_pamline *line)
{
	char what[16];

	action(in_brackets(line->control), "default", what);
	return strcmp(what, "die") == 0 || strcmp(what, "bad") == 0;
}

static bool
is_if(const struct jk_pamline *line, const char *condition)
{
	return strcmp(line->module, "pam_succeed_if.so") == 0 &&
	       strstr(line->args, condition) != NULL;
}

static size_t
find_ours(const struct jk_pamstack *stack)
{
	size_t i = 0;

	while (i < stack->n && !jk_pamline_is_ours(&stack->line[i]))
		i++;
	return i;
}

static bool
denies(const struct jk_pamstack *stack, size_t i)
{
	return i < stack->n &&
	       strcmp(stack->line[i].module, "pam_deny.so") == 0 &&
	       is_heeded(&stack->line[i]);
}

/* By itself, or because what is no success falls to a line that denies. */
static bool
is_heeded_at(const struct jk_pamstack *stack, size_t i)
{
	char what[16];

	action(in_brackets(stack->line[i].control), "default", what);
	return is_heeded(&stack->line[i]) ||
	       (strcmp(what, "ignore") == 0 && denies(stack, i + 1));
}

bool
jk_pamstack_is_shut(const struct jk_pamstack *stack)
{
	return denies(stack, 0);
}

enum jk_pamstack_fault
jk_pamstack_judge(const struct jk_pamstack *stack, bool is_locker,
    size_t *ret_by)
{
	const size_t ours = find_ours(stack);
	enum jk_pamstack_fault fault;

	*ret_by = 0;
	if (jk_pamstack_is_shut(stack))
		return JK_PAMSTACK_GOOD;
	if (ours == stack->n)
		return JK_PAMSTACK_NONE;
	fault = jk_pamwalk(stack, is_locker, ret_by);
	if (fault == JK_PAMSTACK_PAST)
		return fault;
	*ret_by = ours;
	return fault == JK_PAMSTACK_GOOD && is_heeded_at(stack, ours)
	           ? JK_PAMSTACK_GOOD
	           : JK_PAMSTACK_WEAK;
}

bool
jk_pamstack_root_passes(const struct jk_pamstack *stack)
{
	const size_t ours = find_ours(stack);

	for (size_t i = 0; i < ours && ours < stack->n; i++) {
		const struct jk_pamline *line = &stack->line[i];
		char what[16];
		size_t to;

		jk_pamline_action(line, "success", what);
		to = i + strtoul(what, NULL, 10) + 1;
		if (is_if(line, "uid = 0 tty ") && to > ours && to < stack->n &&
		    strcmp(stack->line[to].module, "pam_unix.so") == 0)
			return true;
	}
	return false;
}
