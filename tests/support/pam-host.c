/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM application that lives on after its conversation and then looks for
 * the PIN in its own memory.
 *
 *   pam-host SERVICE USER HEX HEX [plant]
 *
 * The PIN is the exclusive or of the two, so that it stands nowhere but in the
 * answer to the prompt, which is the module's to erase. plant: keeps a copy,
 * for a search that must find one. Prints "pam CODE" after pam_authenticate,
 * a line "found ADDRESS MAPPING" for each place in writable memory after
 * pam_end, "searched", and waits for the end of its input.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>

#define HALF_MAX 64
#define MAPS_MAX (256 * 1024)
#define TAIL     8

struct halves {
	size_t len;
	uint8_t a[HALF_MAX];
	uint8_t b[HALF_MAX];
};

static struct halves halves;

static size_t
unhex(const char *text, uint8_t *ret)
{
	size_t n = 0;

	while (n < HALF_MAX && sscanf(text + 2 * n, "%2" SCNx8, &ret[n]) == 1)
		n++;
	return n;
}

static char *
assemble(void)
{
	char *pin = calloc(1, HALF_MAX + 1);

	for (size_t i = 0; pin != NULL && i < halves.len; i++)
		pin[i] = (char)(halves.a[i] ^ halves.b[i]);
	return pin;
}

static int
converse(int n, const struct pam_message **messages, struct pam_response **ret,
    void *data)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	(void)data;
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			r[i].resp = assemble();
	*ret = r;
	return PAM_SUCCESS;
}

/*
 * The end of it: free() writes over the beginning of a long answer, and what
 * it leaves would be found all the same.
 */
static size_t
first_searched(void)
{
	return halves.len > TAIL ? halves.len - TAIL : 0;
}

static bool
is_pin(const volatile uint8_t *at)
{
	size_t skip = first_searched();

	for (size_t i = skip; i < halves.len; i++)
		if ((at[i - skip] ^ halves.a[i]) != halves.b[i])
			return false;
	return true;
}

static void
search(uintptr_t from, uintptr_t to, const char *name)
{
	for (uintptr_t at = from; at + halves.len - first_searched() <= to;
	     at++)
		if (is_pin((const volatile uint8_t *)at))
			printf("found %" PRIxPTR " %s\n", at, name);
}

/* Where it stands, not by copies of it. */
static void
search_all(void)
{
	static char maps[MAPS_MAX];
	FILE *f = fopen("/proc/self/maps", "re");
	size_t n = f != NULL ? fread(maps, 1, sizeof(maps) - 1, f) : 0;

	if (f != NULL)
		(void)fclose(f);
	maps[n] = '\0';
	for (char *line = strtok(maps, "\n"); line != NULL;
	     line = strtok(NULL, "\n")) {
		uintptr_t from, to;
		char rights[5], name[256] = "anonymous";

		if (sscanf(line,
		        "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %255s",
		        &from, &to, rights, name) >= 3 &&
		    rights[0] == 'r' && rights[1] == 'w')
			search(from, to, name);
	}
}

int
main(int argc, char **argv)
{
	const struct pam_conv conv = { .conv = converse };
	pam_handle_t *pamh = NULL;
	char *planted = NULL;
	int r;

	if (argc < 5)
		return 2;
	halves.len = unhex(argv[3], halves.a);
	if (halves.len == 0 || unhex(argv[4], halves.b) != halves.len)
		return 2;
	if (argc > 5)
		planted = assemble();
	r = pam_start(argv[1], argv[2], &conv, &pamh);
	if (r == PAM_SUCCESS)
		r = pam_authenticate(pamh, 0);
	printf("pam %d\n", r);
	(void)pam_end(pamh, r);
	search_all();
	puts("searched");
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	free(planted);
	return 0;
}
