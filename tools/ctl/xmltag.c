/* SPDX-License-Identifier: BSD-2-Clause */
#include "xmltag.h"

#include <stdio.h>
#include <string.h>

#define BLANKS " \t\r\n"

/* Of properties below each other. */
#define DEPTH_MAX 16

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':';
}

static enum jk_err
take_name(const char **at, char *ret, size_t size)
{
	size_t len = 0;

	while (is_name((*at)[len]))
		len++;
	if (len == 0)
		return JK_ERR_FORMAT;
	if (len >= size)
		return JK_ERR_TOO_BIG;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len;
	return JK_OK;
}

static enum jk_err
take_value(const char **at, char ret[static JK_XMLTAG_TEXT + 1])
{
	const char quote = **at, *end;

	if (quote != '"' && quote != '\'')
		return JK_ERR_FORMAT;
	end = strchr(*at + 1, quote);
	if (end == NULL)
		return JK_ERR_TRUNCATED;
	if (end - *at - 1 > JK_XMLTAG_TEXT)
		return JK_ERR_TOO_BIG;
	memcpy(ret, *at + 1, (size_t)(end - *at - 1));
	ret[end - *at - 1] = '\0';
	*at = end + 1;
	return JK_OK;
}

static enum jk_err
take_attributes(const char **at, struct jk_xmltag *tag)
{
	enum jk_err e;

	for (;;) {
		*at += strspn(*at, BLANKS);
		if (**at == '>' || **at == '/' || **at == '?')
			return JK_OK;
		if (tag->n == JK_XMLTAG_ATTRIBUTES)
			return JK_ERR_TOO_BIG;
		e = take_name(at, tag->attribute[tag->n].name,
		    sizeof(tag->attribute[tag->n].name));
		if (e != JK_OK)
			return e;
		*at += strspn(*at, BLANKS);
		if (**at != '=')
			return JK_ERR_FORMAT;
		*at += 1 + strspn(*at + 1, BLANKS);
		e = take_value(at, tag->attribute[tag->n].value);
		if (e != JK_OK)
			return e;
		tag->n++;
	}
}

/* What begins with "<" and is no tag. NULL: it has no end. */
static const char *
skip_other(const char *at)
{
	const char *end = strncmp(at, "<!--", 4) == 0 ? "-->" : ">";
	const char *found = strstr(at + 2, end);

	return found != NULL ? found + strlen(end) : NULL;
}

enum jk_err
jk_xmltag_next(const char **at, struct jk_xmltag *ret)
{
	const char *p = *at;
	enum jk_err e;

	*ret = (struct jk_xmltag){ .opens = true };
	for (p = strchr(p, '<'); p != NULL && (p[1] == '!' || p[1] == '?');
	     p = strchr(p, '<')) {
		p = skip_other(p);
		if (p == NULL)
			return JK_ERR_TRUNCATED;
	}
	if (p == NULL)
		return JK_ERR_NOT_FOUND;
	p++;
	if (*p == '/') {
		ret->opens = false;
		ret->closes = true;
		p++;
	}
	e = take_name(&p, ret->name, sizeof(ret->name));
	if (e == JK_OK)
		e = take_attributes(&p, ret);
	if (e != JK_OK)
		return e;
	if (*p == '/') {
		ret->closes = true;
		p++;
	}
	if (*p != '>')
		return JK_ERR_FORMAT;
	*at = p + 1;
	return JK_OK;
}

const char *
jk_xmltag_get(const struct jk_xmltag *tag, const char *name)
{
	for (size_t i = 0; i < tag->n; i++)
		if (strcmp(tag->attribute[i].name, name) == 0)
			return tag->attribute[i].value;
	return NULL;
}

/* Nobody but root may change it. */
static bool
is_locked(const struct jk_xmltag *tag)
{
	const char *locked = jk_xmltag_get(tag, "locked");
	const char *unlocked = jk_xmltag_get(tag, "unlocked");

	return locked != NULL && strcmp(locked, "*") == 0 &&
	       (unlocked == NULL || strcmp(unlocked, "root") == 0);
}

struct channel {
	char name[JK_XMLTAG_TEXT + 1];
	bool locked;
	size_t depth;
	size_t end[DEPTH_MAX]; /* of the path above */
	char path[DEPTH_MAX * 64];
};

static enum jk_err
open_property(struct channel *c, const struct jk_xmltag *tag, jk_setting_fn *fn,
    void *ctx)
{
	const char *name = jk_xmltag_get(tag, "name");
	const size_t at = strlen(c->path);
	struct jk_setting setting = { c->name, c->path,
		jk_xmltag_get(tag, "value"), c->locked || is_locked(tag) };

	if (name == NULL)
		return JK_ERR_FORMAT;
	if (c->depth == DEPTH_MAX || at + strlen(name) + 2 > sizeof(c->path))
		return JK_ERR_TOO_BIG;
	c->end[c->depth++] = at;
	(void)snprintf(c->path + at, sizeof(c->path) - at, "/%s", name);
	if (setting.value != NULL)
		fn(ctx, &setting);
	return JK_OK;
}

static enum jk_err
take_channel_tag(struct channel *c, const struct jk_xmltag *tag,
    jk_setting_fn *fn, void *ctx)
{
	const char *name = jk_xmltag_get(tag, "name");
	enum jk_err e = JK_OK;

	if (strcmp(tag->name, "channel") == 0 && tag->opens) {
		(void)snprintf(c->name, sizeof(c->name), "%s",
		    name != NULL ? name : "");
		c->locked = is_locked(tag);
	}
	if (strcmp(tag->name, "property") != 0)
		return JK_OK;
	if (tag->opens)
		e = open_property(c, tag, fn, ctx);
	if (e != JK_OK || !tag->closes)
		return e;
	if (c->depth == 0)
		return JK_ERR_FORMAT;
	c->path[c->end[--c->depth]] = '\0';
	return JK_OK;
}

enum jk_err
jk_xfconf_each(const char *text, jk_setting_fn *fn, void *ctx)
{
	struct channel channel = { .name = "" };
	struct jk_xmltag tag;
	enum jk_err e;

	while ((e = jk_xmltag_next(&text, &tag)) == JK_OK) {
		e = take_channel_tag(&channel, &tag, fn, ctx);
		if (e != JK_OK)
			return e;
	}
	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

static void
take_deny(const struct jk_xmltag *tag, bool mandatory, jk_setting_fn *fn,
    void *ctx)
{
	const char *interface = jk_xmltag_get(tag, "send_interface");
	const char *member = jk_xmltag_get(tag, "send_member");
	char key[2 * JK_XMLTAG_TEXT + 2];
	const struct jk_setting setting = { "bus", key, "deny", mandatory };

	if (interface == NULL)
		return;
	(void)snprintf(key, sizeof(key), "%s.%s", interface,
	    member != NULL ? member : "*");
	fn(ctx, &setting);
}

enum jk_err
jk_buspolicy_each(const char *text, jk_setting_fn *fn, void *ctx)
{
	struct jk_xmltag tag;
	bool mandatory = false;
	enum jk_err e;

	while ((e = jk_xmltag_next(&text, &tag)) == JK_OK) {
		const char *context = jk_xmltag_get(&tag, "context");

		if (strcmp(tag.name, "policy") == 0)
			mandatory = tag.opens && context != NULL &&
			            strcmp(context, "mandatory") == 0;
		if (strcmp(tag.name, "deny") == 0)
			take_deny(&tag, mandatory, fn, ctx);
	}
	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}
