/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a file of registry.d, through everything that a build does with
 * it: lines, rows, the whole, a snapshot. What no check refuses is written and
 * reads back as it was; whatever is said stays one plain line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "codec.h"
#include "initext.h"
#include "intake.h"
#include "plaintext.h"
#include "writer.h"

#define PAIRS_MAX 200
/* In the summer of 2026. */
#define NOW 1782900000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What "certificate = a" and "certificate = b" stand for; any other value is
 * the certificate itself. */
static const char cert_a[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbjCCARWgAwIBAgIUTj6XVPb6n2Z33MUiC+3ZqB8ulRAwCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBYTAgFw0yNjExMjUyMjAyMDNaGA8yMTI2MTEwMTIyMDIwM1ow\n"
    "DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMp65IVGNpDj\n"
    "WHjPUnI409kN36igY7/4p/9kfOnp6Q6eYWc53CsHLZ6Ox28CkcOpk4RCRYGbj8aK\n"
    "uyTZkg8FGbmjUzBRMB0GA1UdDgQWBBRI88nD9YScmhSKMGYoLoWDCWU4/jAfBgNV\n"
    "HSMEGDAWgBRI88nD9YScmhSKMGYoLoWDCWU4/jAPBgNVHRMBAf8EBTADAQH/MAoG\n"
    "CCqGSM49BAMCA0cAMEQCIHtTMI9ERNtRjpVtXdGLZWS9zDAaVXJPoTpPoVsetfjo\n"
    "AiBXLMjrGwzAXQnsVwc9Iv/Hdmv7SbRJMD+dbxPydMGaoQ==\n"
    "-----END CERTIFICATE-----\n";
static const char cert_b[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbzCCARWgAwIBAgIUKrFz3wopoWNjDBrmkpK4DniblMIwCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBYjAgFw0yNjExMjUyMjAyMDNaGA8yMTI2MTEwMTIyMDIwM1ow\n"
    "DDEKMAgGA1UEAwwBYjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF6K1avti0wt\n"
    "PEUdXEGGJgycXHFD9M7oQktXt/7V34vJSBKIrm8pA6laa8N92QcPYR7xEZmIjB9N\n"
    "G4W/BvL7Zu2jUzBRMB0GA1UdDgQWBBTsubIT1TntMFkxjtXmRxrZYEAbGjAfBgNV\n"
    "HSMEGDAWgBTsubIT1TntMFkxjtXmRxrZYEAbGjAPBgNVHRMBAf8EBTADAQH/MAoG\n"
    "CCqGSM49BAMCA0gAMEUCIHaz5YIpWzpyk9m0/uLc5rf5XXi9X+saO9RK4USBkHpI\n"
    "AiEAnA1TQJ7VKrjMUA13hy4WWF1YJ8wJ9VazvLNrYxxH234=\n"
    "-----END CERTIFICATE-----\n";

/* The row at hand. */
struct run {
	struct jk_intake intake;
	char kind[JK_INI_LINE_MAX + 1], id[JK_INI_LINE_MAX + 1];
	unsigned line;
	size_t n;
	struct jukinet_policy_value value[PAIRS_MAX];
	char text[PAIRS_MAX][2][JK_INI_LINE_MAX + 1];
};

static struct jk_rowbuf buf;

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
flush(struct run *run)
{
	const struct jukinet_policy_row row = { .kind = run->kind,
		.id = run->id,
		.place = "x",
		.line = run->line,
		.n_values = run->n,
		.values = run->value };

	if (run->line > 0)
		need(jk_intake_row(&run->intake, &row) == JK_OK);
	run->n = 0;
	run->line = 0;
}

static bool
on_section(void *ctx, unsigned line, const char *text)
{
	struct run *run = ctx;
	size_t n = strcspn(text, " \t");

	flush(run);
	memcpy(run->kind, text, n);
	run->kind[n] = '\0';
	strcpy(run->id, text + n + strspn(text + n, " \t"));
	run->line = line;
	return true;
}

static void
on_entry(void *ctx, unsigned line, JK_UNUSED const char *section,
    const char *key, const char *value)
{
	struct run *run = ctx;
	struct jukinet_policy_value *v = &run->value[run->n];

	if (run->n == PAIRS_MAX)
		return;
	strcpy(run->text[run->n][0], key);
	strcpy(run->text[run->n][1], value);
	v->key = run->text[run->n][0];
	v->data = run->text[run->n][1];
	if (strcmp(key, "certificate") == 0 && strcmp(value, "a") == 0)
		v->data = cert_a;
	else if (strcmp(key, "certificate") == 0 && strcmp(value, "b") == 0)
		v->data = cert_b;
	v->len = strlen(v->data);
	v->line = line;
	run->n++;
}

static void
on_error(void *ctx, unsigned line, const char *reason)
{
	struct run *run = ctx;

	jk_report_error(run->intake.report, (struct jk_place){ "x", line },
	    "%s", reason);
}

#define EACH(set, list, noun, type)                                         \
	for (size_t i_ = 0; i_ < (set)->list.n; i_++)                       \
	need(jk_##noun##_encode((const type *)jk_list_at(&(set)->list, i_), \
	         &buf) == JK_OK)

/* Each row alone is one that a snapshot takes. */
static void
need_sound_rows(const struct jk_rowset *set)
{
	EACH(set, department, department, struct jk_department);
	EACH(set, person, person, struct jk_person);
	EACH(set, account, account, struct jk_account);
	EACH(set, terminal, terminal, struct jk_terminal);
	for (size_t i = 0; i < set->opid.n; i++) {
		struct jk_opids one = { .n = 1 };

		memcpy(one.opid, jk_list_at(&set->opid, i),
		    sizeof(one.opid[0]));
		need(jk_opids_encode(&one, &buf) == JK_OK);
	}
	for (size_t i = 0; i < set->approval.n; i++) {
		struct jk_approvals one = { .n = 1 };

		memcpy(one.approval, jk_list_at(&set->approval, i),
		    sizeof(one.approval[0]));
		need(jk_approvals_encode(&one, &buf) == JK_OK);
	}
	for (size_t i = 0; i < set->card.n; i++) {
		const struct jk_card *card = jk_list_at(&set->card, i);

		if (card->cert_len > 0)
			need(jk_card_encode(card, &buf) == JK_OK);
	}
}

/* The rest of an office: one terminal's settings, and one type. */
static void
add_rest(struct jk_rowset *set)
{
	const struct jk_type type = { .id = "moving-desk",
		.number = 3,
		.enabled = true,
		.classes = 1 };

	strcpy(set->settings.settings.terminal, "t1");
	strcpy(set->policy.policy.version, "1");
	set->settings_place.file = set->policy_place.file = "y";
	need(jk_list_add(&set->type, set->policy_place, &type) == JK_OK);
}

static void
write_and_read(const struct jk_rowset *set)
{
	const struct jk_edition edition = { .serial = 1,
		.registry = set->registry,
		.made_at = NOW,
		.valid_until = NOW + 1 };
	int fd = memfd_create("snapshot", MFD_CLOEXEC);

	need(fd >= 0);
	need(jk_rowset_write(set, &edition, fd) == JK_OK);
	need(jk_rowset_verify(set, &edition, fd) == JK_OK);
	close(fd);
}

static void
need_plain_lines(char *const *line, size_t n, size_t max)
{
	for (size_t i = 0; i < n && i < max; i++)
		need(strchr(line[i], '\t') == NULL &&
		     jk_plaintext_fault(line[i], strlen(line[i])) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct run run;
	static struct jk_report report;
	struct jk_rowset set;
	const struct jk_ini_handler ini = { on_section, on_entry, on_error,
		&run };

	jk_rowset_init(&set);
	run = (struct run){ .intake = { .set = &set, .report = &report } };
	(void)jk_ini_parse((const char *)data, len, &ini);
	flush(&run);
	need_sound_rows(&set);
	add_rest(&set);
	need(jk_rowset_check(&set, NOW, &report) == JK_OK);
	if (report.n_errors == 0)
		write_and_read(&set);
	need_plain_lines(report.error, report.n_errors, JK_REPORT_ERRORS);
	need_plain_lines(report.warning, report.n_warnings, JK_REPORT_WARNINGS);
	jk_report_clear(&report);
	jk_rowset_clear(&set);
	return 0;
}
