/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A business application by libjukinet that keeps nothing of what it says:
 *
 *   code-host HEX HEX HEX HEX HEX HEX [plant]
 *
 * Each pair is a text, the exclusive or of the two: a resident record code, the
 * grounds of the use, a requirement. They stand in its own memory only while a
 * function of the library is called. plant: keeps copies, for a search that must
 * find some. Says "begun", "asked", "answer WHY", "done WHY" and "ended", each
 * on a line; between them it waits for a line of its input. The code is asked
 * for twice, so that there is an answer while another question is on its way.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jukinet/jukinet.h"

#define TEXT_MAX  256
#define PATIENCE  20000
#define N_TEXTS   3
#define N_QUERIES 2

struct halves {
	size_t len;
	uint8_t a[TEXT_MAX], b[TEXT_MAX];
};

static struct halves halves[N_TEXTS];
static char *planted[N_TEXTS];

static size_t
unhex(const char *text, uint8_t *ret)
{
	size_t n = 0;

	while (n < TEXT_MAX && sscanf(text + 2 * n, "%2" SCNx8, &ret[n]) == 1)
		n++;
	return n;
}

static char *
assemble(const struct halves *h)
{
	char *text = calloc(1, TEXT_MAX + 1);

	if (text == NULL)
		abort();
	for (size_t i = 0; i < h->len; i++)
		text[i] = (char)(h->a[i] ^ h->b[i]);
	return text;
}

static void
forget(char *text)
{
	explicit_bzero(text, TEXT_MAX + 1);
	free(text);
}

static void
say(const char *what, const char *why)
{
	printf("%s %s\n", what, why);
	(void)fflush(stdout);
}

static void
wait_for_line(void)
{
	int c;

	do
		c = getchar();
	while (c != EOF && c != '\n');
}

static int
begin(struct jukinet **ret)
{
	struct jukinet_purpose p = JUKINET_INIT(struct jukinet_purpose);
	char *grounds = assemble(&halves[1]);
	int r;

	p.purpose = "passport";
	p.grounds = grounds;
	r = jukinet_begin(&p, PATIENCE, ret, NULL);
	forget(grounds);
	say("begun", jukinet_strerror(r));
	return r;
}

static void
ask(struct jukinet *use)
{
	struct jukinet_query q = JUKINET_INIT(struct jukinet_query);
	char *code = assemble(&halves[0]), *text = assemble(&halves[2]);
	int r;

	q.action = "search";
	q.business = "moving";
	q.search = "code";
	q.code = code;
	q.requirement = text;
	r = jukinet_query(use, &q, NULL);
	forget(code);
	forget(text);
	say("asked", jukinet_strerror(r));
}

static void
say_answer(struct jukinet *use, const char *what)
{
	struct jukinet_event e = JUKINET_INIT(struct jukinet_event);
	int r;

	do
		r = jukinet_wait(use, PATIENCE, &e);
	while (r == 1 && e.kind != JUKINET_EVENT_ANSWER);
	say(what, r == 1 ? e.answer.why : jukinet_strerror(r));
}

static void
enter(struct jukinet *use)
{
	char *text = assemble(&halves[2]);

	(void)jukinet_done(use, 1, text, NULL);
	forget(text);
	say_answer(use, "done");
}

int
main(int argc, char **argv)
{
	struct jukinet *use = NULL;

	if (argc < 1 + 2 * N_TEXTS)
		return 2;
	for (int i = 0; i < N_TEXTS; i++) {
		halves[i].len = unhex(argv[1 + 2 * i], halves[i].a);
		if (halves[i].len == 0 ||
		    unhex(argv[2 + 2 * i], halves[i].b) != halves[i].len)
			return 2;
		if (argc > 1 + 2 * N_TEXTS)
			planted[i] = assemble(&halves[i]);
	}
	if (begin(&use) == JUKINET_OK) {
		wait_for_line();
		for (int i = 0; i < N_QUERIES; i++)
			ask(use);
		for (int i = 0; i < N_QUERIES; i++)
			say_answer(use, "answer");
		wait_for_line();
		enter(use);
		jukinet_end(&use);
	}
	say("ended", "");
	wait_for_line();
	for (int i = 0; i < N_TEXTS; i++)
		free(planted[i]);
	return 0;
}
