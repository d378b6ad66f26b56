/* SPDX-License-Identifier: BSD-2-Clause */
#include "pinrule.h"

#include <string.h>

/* NIST SP 800-73-4, part 2, 2.4.3: a PIN has 6 to 8 characters. */
#define PIV_MIN 6
#define PIV_MAX 8
#define PUK_MAX 8
/* The PIN for authentication of a My Number card. */
#define JPKI_LEN 4

/* So many neighbours in equal steps are too many. */
#define RUN 4
/* So many digits of a person's id are no chance. */
#define ID_DIGITS 4

static unsigned
larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned
smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

struct jk_pin_form
jk_pin_form(const char *kind, const struct jk_settings *settings,
    const struct jk_pin_rules *rules)
{
	struct jk_pin_form form = {
		.min = settings->pin_min,
		.max = settings->pin_max,
		.digits = rules->digits,
	};

	if (strcmp(kind, "piv") == 0) {
		form.min = larger(form.min, PIV_MIN);
		form.max = smaller(form.max, PIV_MAX);
		form.puk_max = PUK_MAX;
	} else if (strcmp(kind, "jpki") == 0) {
		form.min = larger(form.min, JPKI_LEN);
		form.max = smaller(form.max, JPKI_LEN);
		form.digits = true;
	}
	return form;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
all_digits(struct jk_cur pin)
{
	for (size_t i = 0; i < pin.left; i++)
		if (!is_digit(pin.at[i]))
			return false;
	return true;
}

static bool
is_well_formed(const struct jk_pin_form *form, struct jk_cur pin)
{
	if (pin.left == 0 || pin.left < form->min || pin.left > form->max)
		return false;
	for (size_t i = 0; i < pin.left; i++)
		if (pin.at[i] <= ' ' || pin.at[i] > '~')
			return false;
	return true;
}

/* From one character to the next; after the 9 comes the 0. */
static int
step(struct jk_cur pin, size_t i)
{
	const int a = pin.at[i], b = pin.at[i + 1];

	if (is_digit(pin.at[i]) && is_digit(pin.at[i + 1]))
		return (b - a + 10) % 10;
	/* Letters have steps of their own: none of them is one of a digit's. */
	return 1000 + b - a;
}

/* Up, down or staying. */
static bool
is_small(int s)
{
	return s == 0 || s == 1 || s == 9 || (s >= 999 && s <= 1001);
}

/* The whole in equal steps, or as many neighbours as are too many. */
static bool
has_run(struct jk_cur pin)
{
	size_t same = 1;

	for (size_t i = 0; i + 1 < pin.left; i++) {
		same = i > 0 && step(pin, i) == step(pin, i - 1) ? same + 1 : 2;
		if (same >= RUN && is_small(step(pin, i)))
			return true;
	}
	return same == pin.left && pin.left > 2;
}

/* The same two or more times, the last perhaps not whole. */
static bool
repeats(struct jk_cur pin)
{
	for (size_t period = 1; period <= pin.left / 2; period++)
		if (memcmp(pin.at, pin.at + period, pin.left - period) == 0)
			return true;
	return false;
}

static unsigned
digits_at(struct jk_cur pin, size_t at, size_t n)
{
	unsigned value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (unsigned)(pin.at[at + i] - '0');
	return value;
}

static bool
is_day_of_year(struct jk_cur pin, size_t at)
{
	static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	const unsigned month = digits_at(pin, at, 2);
	const unsigned day = digits_at(pin, at + 2, 2);

	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

/* Of somebody who may live, or a date at work. */
static bool
is_year(struct jk_cur pin)
{
	const unsigned year = digits_at(pin, 0, 4);

	return year >= 1900 && year <= 2099;
}

/* MMDD, YYYY, YYMMDD, EYYMMDD (Meiji to Reiwa, as forms have it), YYYYMMDD. */
static bool
is_date(struct jk_cur pin)
{
	if (!all_digits(pin))
		return false;
	switch (pin.left) {
	case 4:
		return is_day_of_year(pin, 0) || is_year(pin);
	case 6:
		return is_day_of_year(pin, 2);
	case 7:
		return pin.at[0] >= '1' && pin.at[0] <= '5' &&
		       is_day_of_year(pin, 3);
	case 8:
		return is_year(pin) && is_day_of_year(pin, 4);
	default:
		return false;
	}
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* Without regard to case. */
static bool
holds(struct jk_cur pin, const char *text, size_t len)
{
	for (size_t at = 0; len > 0 && at + len <= pin.left; at++) {
		size_t i = 0;

		while (
		    i < len && lower(pin.at[at + i]) == lower((uint8_t)text[i]))
			i++;
		if (i == len)
			return true;
	}
	return false;
}

/* Its digits, all of them, wherever they stand in the id. */
static bool
holds_id(struct jk_cur pin, const char *id)
{
	char digits[JK_ID_MAX + 1] = "";
	size_t n = 0;

	for (; *id != '\0' && n < JK_ID_MAX; id++)
		if (is_digit((uint8_t)*id))
			digits[n++] = *id;
	if (n >= ID_DIGITS && holds(pin, digits, n))
		return true;
	/* A PIN that is a part of a long number. */
	return n >= pin.left && pin.left >= ID_DIGITS &&
	       holds((struct jk_cur){ (const uint8_t *)digits, n },
	           (const char *)pin.at, pin.left);
}

static bool
is_forbidden(const struct jk_pin_rules *rules, struct jk_cur pin)
{
	for (size_t i = 0; i < rules->n_forbidden && i < JK_FORBIDDEN_MAX;
	     i++) {
		const char *word = rules->forbidden[i];

		if (strlen(word) == pin.left &&
		    memcmp(word, pin.at, pin.left) == 0)
			return true;
	}
	return false;
}

static bool
is_same(struct jk_cur a, struct jk_cur b)
{
	uint8_t differs = 0;

	if (a.left != b.left)
		return false;
	for (size_t i = 0; i < a.left; i++)
		differs |= (uint8_t)(a.at[i] ^ b.at[i]);
	return differs == 0;
}

enum jk_reason
jk_pin_check(const struct jk_pin_choice *c, struct jk_cur pin)
{
	if (!is_well_formed(c->form, pin))
		return JK_WHY_PIN_MALFORMED;
	if (c->form->digits && !all_digits(pin))
		return JK_WHY_PIN_DIGITS;
	if (c->old.left > 0 && is_same(pin, c->old))
		return JK_WHY_PIN_SAME;
	if (has_run(pin) || repeats(pin) || is_date(pin) ||
	    holds(pin, c->account, strlen(c->account)) ||
	    holds_id(pin, c->person) || is_forbidden(c->rules, pin))
		return JK_WHY_PIN_WEAK;
	return JK_WHY_GRANTED;
}
