/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source of registry rows: config_dir/example.txt, one row a line,
 *
 *     person p0123 name=Hanako
 *
 * jukinet-policy-source(3) shows this file, and a test builds it outside the
 * tree, against the installed header.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jukinet/policy.h>

/* "KIND ID KEY=VALUE"; 0 when the host takes the row and wants more. */
static int
take(const struct jukinet_policy_host *host, const char *path, unsigned number,
    char *line)
{
	struct jukinet_policy_value value = { 0 };
	struct jukinet_policy_row row = { 0 };
	char *rest = line;

	line[strcspn(line, "\n")] = '\0';
	row.kind = strsep(&rest, " ");
	row.id = strsep(&rest, " ");
	value.key = strsep(&rest, "=");
	if (row.id == NULL || value.key == NULL || rest == NULL) {
		host->error(host->ctx, path, number, "not KIND ID KEY=VALUE");
		return 0;
	}
	value.data = rest;
	value.len = strlen(rest);
	value.line = number;
	row.place = path;
	row.line = number;
	row.n_values = 1;
	row.values = &value;
	return host->yield(host->ctx, &row);
}

static int
rows(const struct jukinet_policy_host *host)
{
	char path[4096], line[1024];
	unsigned number = 0;
	int full = 0;
	FILE *file;

	if (host->version != JUKINET_POLICY_VERSION ||
	    host->size < sizeof(*host))
		return JUKINET_POLICY_UNAVAIL;
	snprintf(path, sizeof(path), "%s/example.txt", host->config_dir);
	file = fopen(path, "re");
	if (file == NULL) {
		host->warning(host->ctx, path, 0, strerror(errno));
		return errno == ENOENT ? JUKINET_POLICY_NOTFOUND
		                       : JUKINET_POLICY_UNAVAIL;
	}
	while (full == 0 && fgets(line, sizeof(line), file) != NULL)
		full = take(host, path, ++number, line);
	fclose(file);
	return full == 0 ? JUKINET_POLICY_SUCCESS : JUKINET_POLICY_UNAVAIL;
}

extern const struct jukinet_policy_source jukinet_policy_source_v1;
const struct jukinet_policy_source jukinet_policy_source_v1 = {
	.version = JUKINET_POLICY_VERSION,
	.size = sizeof(struct jukinet_policy_source),
	.name = "example",
	.rows = rows,
};
