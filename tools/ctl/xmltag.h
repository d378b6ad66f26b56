/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tags of a small XML file, one after the other: enough for the settings of
 * Xfce and of a message bus, which keep everything in attributes. Text between
 * tags, comments and declarations are passed over; entities stay as they are.
 */
#ifndef JK_XMLTAG_H
#define JK_XMLTAG_H

#include "err.h"
#include "setting.h"

#define JK_XMLTAG_ATTRIBUTES 8
#define JK_XMLTAG_TEXT       255

struct jk_xmltag {
	char name[32];
	bool opens, closes; /* both: <name/> */
	size_t n;
	struct {
		char name[32];
		char value[JK_XMLTAG_TEXT + 1];
	} attribute[JK_XMLTAG_ATTRIBUTES];
};

/* Moves *at behind the next tag. JK_ERR_NOT_FOUND: there is none. */
enum jk_err jk_xmltag_next(const char **at, struct jk_xmltag *ret);
/* NULL: it has none. */
const char *jk_xmltag_get(const struct jk_xmltag *tag, const char *name);

/* Xfce: the group is the channel, the key a path ("/lock/enabled"); locked is
 * what nobody but root may change, the whole channel or the property itself. */
enum jk_err jk_xfconf_each(const char *text, jk_setting_fn *fn, void *ctx);
/* Bus: each refusal; the group is "bus", the key an interface with its member
 * or ".*", the value "deny"; locked is what stands in a mandatory policy. */
enum jk_err jk_buspolicy_each(const char *text, jk_setting_fn *fn, void *ctx);

#endif
