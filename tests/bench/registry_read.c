/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one login reads from a snapshot, many times over, each time from the
 * opening of the file; prints microseconds and the memory that it took.
 *
 *     registry_read SNAPSHOT SAMPLES TERMINAL ACCOUNT UID ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "snapshot.h"

#define SAMPLES_MAX 2000
#define ROUNDS_MAX  20000

static struct sample {
	uint8_t digest[JK_DIGEST_LEN];
	char person[JK_ID_MAX + 1];
} samples[SAMPLES_MAX];

static void
need(enum jk_err e, const char *what)
{
	if (e == JK_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, jk_err_text(e));
	exit(1);
}

static size_t
read_samples(const char *path)
{
	FILE *f = fopen(path, "re");
	char hex[2 * JK_DIGEST_LEN + 1];
	size_t n = 0;

	need(f == NULL ? JK_ERR_SYS : JK_OK, path);
	while (n < SAMPLES_MAX &&
	       fscanf(f, "%64s %64s", hex, samples[n].person) == 2) {
		for (size_t i = 0; i < JK_DIGEST_LEN; i++) {
			char byte[3] = { hex[2 * i], hex[2 * i + 1] };

			samples[n].digest[i] = (uint8_t)strtoul(byte, NULL, 16);
		}
		n++;
	}
	fclose(f);
	need(n == 0 ? JK_ERR_TRUNCATED : JK_OK, path);
	return n;
}

static void
read_rights(struct jk_snapshot *s, const char *person)
{
	struct jk_approval approvals[JK_APPROVALS_MAX];
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_type type;
	size_t n;
	enum jk_err e;

	need(jk_snapshot_opids(s, person, opids, &n), "operator IDs");
	for (size_t i = 0; i < n; i++)
		need(jk_snapshot_type(s, opids[i].type, &type), "type");
	e = jk_snapshot_approvals(s, person, approvals, &n);
	need(e == JK_ERR_NOT_FOUND ? JK_OK : e, "approvals");
}

static void
log_in(char **argv, const struct sample *sample)
{
	struct jk_snapshot *s = NULL;
	struct jk_settings settings;
	struct jk_terminal terminal;
	struct jk_account account;
	struct jk_edition edition;
	struct jk_policy policy;
	struct jk_person person;
	struct jk_card card;

	need(jk_snapshot_open(argv[1], &s), argv[1]);
	need(jk_snapshot_edition(s, &edition), "edition");
	need(jk_snapshot_settings(s, &settings), "settings");
	need(jk_snapshot_policy(s, &policy), "policy");
	need(jk_snapshot_terminal(s, argv[3], &terminal), "terminal");
	need(jk_snapshot_account(s, argv[4], &account), "account");
	need(jk_snapshot_account_by_uid(s, (uid_t)strtoul(argv[5], NULL, 10),
	         &account),
	    "uid");
	need(jk_snapshot_card_by_cert(s, sample->digest, &card), "card");
	need(strcmp(card.person, sample->person) == 0 ? JK_OK : JK_ERR_FORMAT,
	    "holder");
	need(jk_snapshot_person(s, card.person, &person), "person");
	read_rights(s, card.person);
	jk_snapshot_close(&s);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of the process since its start; getrusage() counts its parent's too. */
static long
peak_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kib;
}

int
main(int argc, char **argv)
{
	static double us[ROUNDS_MAX], cpu[ROUNDS_MAX];
	size_t n, rounds;

	if (argc != 7) {
		fputs("usage: registry_read SNAPSHOT SAMPLES TERMINAL ACCOUNT "
		      "UID ROUNDS\n",
		    stderr);
		return 2;
	}
	n = read_samples(argv[2]);
	rounds = strtoul(argv[6], NULL, 10);
	if (rounds == 0 || rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	for (size_t i = 0; i < rounds; i++) {
		us[i] = now_us(CLOCK_MONOTONIC);
		cpu[i] = now_us(CLOCK_PROCESS_CPUTIME_ID);
		log_in(argv, &samples[i * 7919 % n]);
		cpu[i] = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu[i];
		us[i] = now_us(CLOCK_MONOTONIC) - us[i];
	}
	printf("first_us %.0f\n", us[0]);
	qsort(us, rounds, sizeof(us[0]), compare);
	qsort(cpu, rounds, sizeof(cpu[0]), compare);
	printf("median_us %.0f\n", us[rounds / 2]);
	printf("p99_us %.0f\n", us[rounds * 99 / 100]);
	printf("cpu_p99_us %.0f\n", cpu[rounds * 99 / 100]);
	printf("peak_kib %ld\n", peak_kib());
	return 0;
}
