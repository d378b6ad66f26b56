/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM application that logs in and out again and again, as fast as it goes.
 *
 *   pam-loop SERVICE USER PIN
 *
 * Each number on its input is so many logins. Then it prints
 * "granted=N refused=N last=CODE ms=N", the sum of all milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <security/pam_appl.h>

struct counts {
	unsigned long granted, refused;
	int last; /* code of a refusal */
};

static int
converse(int n, const struct pam_message **messages, struct pam_response **ret,
    void *data)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			r[i].resp = strdup(data);
	*ret = r;
	return PAM_SUCCESS;
}

static void
log_in(const char *service, const char *user, char *pin, struct counts *counts)
{
	const struct pam_conv conv = { .conv = converse, .appdata_ptr = pin };
	pam_handle_t *pamh = NULL;
	int r = pam_start(service, user, &conv, &pamh);

	if (r == PAM_SUCCESS)
		r = pam_authenticate(pamh, 0);
	if (r == PAM_SUCCESS)
		r = pam_acct_mgmt(pamh, 0);
	if (r == PAM_SUCCESS)
		r = pam_open_session(pamh, 0);
	if (r == PAM_SUCCESS)
		r = pam_close_session(pamh, 0);
	(void)pam_end(pamh, r);
	if (r == PAM_SUCCESS) {
		counts->granted++;
		return;
	}
	counts->refused++;
	counts->last = r;
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int
main(int argc, char **argv)
{
	unsigned long n;

	if (argc != 4)
		return 2;
	while (scanf("%lu", &n) == 1) {
		const double began = now_ms();
		struct counts counts = { .last = PAM_SUCCESS };

		while (n-- > 0)
			log_in(argv[1], argv[2], argv[3], &counts);
		printf("granted=%lu refused=%lu last=%d ms=%.0f\n",
		    counts.granted, counts.refused, counts.last,
		    now_ms() - began);
		(void)fflush(stdout);
	}
	return 0;
}
