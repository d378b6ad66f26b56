/* SPDX-License-Identifier: BSD-2-Clause */
/* The source "ldap": what libjukinet_policy_ldap.so.1 gives to its host. */
#include <jukinet/policy.h>

#include "apart.h"
#include "defs.h"
#include "jobs.h"

static bool
is_known(const struct jukinet_policy_host *host)
{
	return host->version == JUKINET_POLICY_VERSION &&
	       host->size >= sizeof(*host);
}

static int
run(const struct jukinet_policy_host *host, jk_apart_fn *job, const void *what)
{
	return is_known(host) ? jk_apart_run(host, job, what)
	                      : JUKINET_POLICY_UNAVAIL;
}

static int
rows(const struct jukinet_policy_host *host)
{
	return run(host, jk_ldap_rows, NULL);
}

static int
report(const struct jukinet_policy_host *host,
    const struct jukinet_policy_applied *applied)
{
	return run(host, jk_ldap_report, applied);
}

static int
status(const struct jukinet_policy_host *host)
{
	return run(host, jk_ldap_status, NULL);
}

static int
publish(const struct jukinet_policy_host *host,
    const struct jukinet_policy_row *rows_given, size_t n, uint64_t serial)
{
	const struct jk_ldap_publication what = { rows_given, n, serial };

	return run(host, jk_ldap_publish, &what);
}

static int
pins(const struct jukinet_policy_host *host,
    const struct jukinet_policy_pin *given, size_t n)
{
	const struct jk_ldap_pins what = { given, n };

	return run(host, jk_ldap_pins, &what);
}

JK_EXPORT extern const struct jukinet_policy_source jukinet_policy_source_v1;
const struct jukinet_policy_source jukinet_policy_source_v1 = {
	.version = JUKINET_POLICY_VERSION,
	.size = sizeof(struct jukinet_policy_source),
	.name = "ldap",
	.rows = rows,
	.report = report,
	.status = status,
	.publish = publish,
	.pins = pins,
};
