/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source of registry rows for tests, "board": it holds no rows to ask for, but
 * takes what is published, and knows what terminals have applied. All of it lies
 * in three files of the state directory:
 *
 *     board.published    "serial N" and one line for each row, "KIND ID VALUES"
 *     board.applied      lines "TERMINAL SERIAL SECONDS", read and appended
 *     board.down         when it is there, nothing works
 */
#include <limits.h>
#include <stdio.h>

#include <jukinet/policy.h>

static FILE *
open_file(const struct jukinet_policy_host *host, const char *name,
    const char *mode)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/board.%s", host->state_dir, name);
	return fopen(path, mode);
}

static int
is_down(const struct jukinet_policy_host *host)
{
	FILE *file = open_file(host, "down", "r");

	if (file != NULL)
		fclose(file);
	return file != NULL;
}

static int
rows(const struct jukinet_policy_host *host)
{
	(void)host;
	return JUKINET_POLICY_NOTFOUND;
}

static int
report(const struct jukinet_policy_host *host,
    const struct jukinet_policy_applied *applied)
{
	FILE *file = is_down(host) ? NULL : open_file(host, "applied", "a");

	if (file == NULL)
		return JUKINET_POLICY_UNAVAIL;
	fprintf(file, "%s %llu %lld\n", applied->terminal,
	    (unsigned long long)applied->serial, (long long)applied->at);
	return fclose(file) == 0 ? JUKINET_POLICY_SUCCESS
	                         : JUKINET_POLICY_UNAVAIL;
}

static int
status(const struct jukinet_policy_host *host)
{
	FILE *file = is_down(host) ? NULL : open_file(host, "applied", "r");
	unsigned long long serial;
	char terminal[128];
	long long at;

	if (file == NULL)
		return JUKINET_POLICY_UNAVAIL;
	while (fscanf(file, "%127s %llu %lld", terminal, &serial, &at) == 3) {
		const struct jukinet_policy_applied applied = { terminal,
			serial, at };

		if (host->applied(host->ctx, &applied) != 0)
			break;
	}
	fclose(file);
	return JUKINET_POLICY_SUCCESS;
}

static int
publish(const struct jukinet_policy_host *host,
    const struct jukinet_policy_row *row, size_t n, uint64_t serial)
{
	FILE *file = is_down(host) ? NULL : open_file(host, "published", "w");

	if (file == NULL)
		return JUKINET_POLICY_TRYAGAIN;
	fprintf(file, "serial %llu\n", (unsigned long long)serial);
	for (size_t i = 0; i < n; i++) {
		fprintf(file, "%s %s", row[i].kind, row[i].id);
		for (size_t j = 0; j < row[i].n_values; j++)
			fprintf(file, " %s=%zu", row[i].values[j].key,
			    row[i].values[j].len);
		fputc('\n', file);
	}
	return fclose(file) == 0 ? JUKINET_POLICY_SUCCESS
	                         : JUKINET_POLICY_UNAVAIL;
}

__attribute__((visibility("default")))
const struct jukinet_policy_source jukinet_policy_source_v1 = {
	.version = JUKINET_POLICY_VERSION,
	.size = sizeof(struct jukinet_policy_source),
	.name = "board",
	.rows = rows,
	.report = report,
	.status = status,
	.publish = publish,
};
