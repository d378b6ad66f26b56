/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinet.conf and policy.conf: the first byte chooses which one. What is
 * handed on, a snapshot takes; and a text is good exactly when nothing was said
 * against it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct jk_settings_draft settings;
static struct jk_policy_draft policy;
static struct jk_business_draft business;
static struct jk_type type;
static struct jk_rowbuf buf;

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void *
begin(JK_UNUSED void *ctx, const struct jk_draft *section)
{
	need(jk_draft_fault(section) == NULL);
	if (section->file == JK_CONF_TERMINAL)
		return &settings;
	if (strcmp(section->name, "type") == 0) {
		type = (struct jk_type){ 0 };
		return &type;
	}
	if (strcmp(section->name, "class") == 0) {
		size_t number = jk_word_find(&jk_classes, section->id);

		need(number < JK_CLASS_COUNT);
		policy.policy.class[number] = (struct jk_class_rule){ 0 };
		return &policy.policy.class[number];
	}
	if (strcmp(section->name, "business") == 0) {
		need(jk_word_find(&jk_businesses, section->id) <
		     JK_BUSINESS_COUNT);
		business = (struct jk_business_draft){ 0 };
		return &business;
	}
	return &policy;
}

static void
end(JK_UNUSED void *ctx, const struct jk_draft *section)
{
	if (strcmp(section->name, "type") != 0)
		return;
	need(type.number >= 1 && type.classes != 0);
	strcpy(type.id, section->id);
	need(jk_type_encode(&type, &buf) == JK_OK);
}

static void
need_whole(enum jk_conf_file file)
{
	if (file == JK_CONF_TERMINAL) {
		need(jk_settings_encode(&settings.settings, &buf) == JK_OK);
		need(settings.max_age_s > 0 && settings.sources[0] != '\0');
	} else {
		need(jk_policy_encode(&policy.policy, &buf) == JK_OK);
		need(
		    policy.limits.review_s > 0 && policy.limits.fallback_s > 0);
		need(policy.limits.approval_s > 0 &&
		     policy.limits.delegation_s > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct jk_conf_handler handler = { begin, end, NULL };
	struct jk_report report = { 0 };
	enum jk_conf_file file;
	enum jk_err e;

	if (len == 0)
		return 0;
	file = data[0] % 2 == 0 ? JK_CONF_TERMINAL : JK_CONF_POLICY;
	settings = (struct jk_settings_draft){ 0 };
	policy = (struct jk_policy_draft){ 0 };
	e = jk_conf_parse(file, "x", (const char *)data + 1, len - 1, &report,
	    &handler);
	need((e == JK_OK) == (report.n_errors == 0));
	if (e == JK_OK)
		need_whole(file);
	jk_report_clear(&report);
	return 0;
}
