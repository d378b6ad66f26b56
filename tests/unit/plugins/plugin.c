/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source of no rows, or of one with a serial, good or with one fault: the
 * macros that meson.build gives are what differs.
 */
#include <jukinet/policy.h>

#ifndef VERSION
#define VERSION JUKINET_POLICY_VERSION
#endif
#ifndef SIZE
#define SIZE sizeof(struct jukinet_policy_source)
#endif
#ifndef NAME
#define NAME "good"
#endif
#ifndef PINS
#define PINS NULL
#endif
#ifndef SYMBOL
#define SYMBOL jukinet_policy_source_v1
#endif
#ifndef ROWS
#define ROWS rows
#endif

/* What a source that has a row answers behind it. */
#ifndef ANSWER
#define ANSWER JUKINET_POLICY_SUCCESS
#endif
#ifndef SERIAL
#define SERIAL 0
#endif
#ifndef PERSON
#define PERSON "p"
#endif

#define EXPORT __attribute__((visibility("default")))

/* So that a test sees whether any code ran. */
extern int plugin_has_run __attribute__((weak));

__attribute__((constructor)) static void
run(void)
{
	if (&plugin_has_run != NULL)
		plugin_has_run++;
}

__attribute__((unused)) static int
rows(const struct jukinet_policy_host *host)
{
	(void)host;
	return JUKINET_POLICY_NOTFOUND;
}

__attribute__((unused)) static int
one_row(const struct jukinet_policy_host *host)
{
	static const struct jukinet_policy_value name = { "name", "A", 1, 0 };
	static const struct jukinet_policy_row row = { "person", PERSON,
		"somewhere", 0, 1, &name };

	host->serial(host->ctx, SERIAL);
	if (host->yield(host->ctx, &row) != 0)
		return JUKINET_POLICY_UNAVAIL;
	return ANSWER;
}

/* So that a test sees what was handed over. */
extern int plugin_took_pin(const char *card, int64_t changed)
    __attribute__((weak));

__attribute__((unused)) static int
take_pins(const struct jukinet_policy_host *host,
    const struct jukinet_policy_pin *pins, size_t n)
{
	host->warning(host->ctx, "somewhere", 0, "pins");
	host->error(host->ctx, "somewhere", 0, "no error of a build");
	for (size_t i = 0; i < n; i++)
		if (&plugin_took_pin == NULL ||
		    plugin_took_pin(pins[i].card, pins[i].changed) != 0)
			return JUKINET_POLICY_UNAVAIL;
	return JUKINET_POLICY_SUCCESS;
}

/* As the first header of this version had it. */
struct oldest {
	unsigned version;
	size_t size;
	const char *name;
	int (*rows)(const struct jukinet_policy_host *host);
	void (*others[3])(void);
};

#if defined(FUNCTION)
EXPORT int jukinet_policy_source_v1(void);
int
jukinet_policy_source_v1(void)
{
	return 0;
}
#elif defined(SMALL)
EXPORT extern const unsigned jukinet_policy_source_v1;
const unsigned jukinet_policy_source_v1 = JUKINET_POLICY_VERSION;
#elif defined(ASKS)
EXPORT extern const struct jukinet_policy_source jukinet_policy_source_v1;
EXPORT const void *asks(void);
const void *
asks(void)
{
	return &jukinet_policy_source_v1;
}
#elif defined(OLDEST)
/* A sanitizer makes symbols larger, but not those of a section of their own. */
EXPORT extern const struct oldest SYMBOL;
__attribute__((section("oldest"))) const struct oldest SYMBOL = {
	.version = VERSION,
	.size = OLDEST,
	.name = NAME,
	.rows = ROWS,
};
#else
EXPORT extern const struct jukinet_policy_source SYMBOL;
const struct jukinet_policy_source SYMBOL = {
	.version = VERSION,
	.size = SIZE,
	.name = NAME,
	.rows = ROWS,
	.pins = PINS,
};
#endif
