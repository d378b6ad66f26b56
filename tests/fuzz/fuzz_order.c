/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of sources: what is accepted has sound names, each once, is the
 * same when it is written out and read again, and every answer of every source
 * comes to an end.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
write_out(const struct jk_order *order, char *text, size_t size)
{
	static const char *const names[JK_SOURCE_STATUS_COUNT] = { "SUCCESS",
		"NOTFOUND", "UNAVAIL", "TRYAGAIN" };
	size_t at = 0;

	for (size_t i = 0; i < order->n; i++) {
		const struct jk_order_step *step = &order->step[i];

		at +=
		    (size_t)snprintf(text + at, size - at, "%s [", step->name);
		for (size_t k = 0; k < JK_SOURCE_STATUS_COUNT; k++)
			at += (size_t)snprintf(text + at, size - at, "%s=%s ",
			    names[k], step->goes_on[k] ? "continue" : "return");
		at += (size_t)snprintf(text + at, size - at, "]");
	}
	need(at < size);
}

/* Every source answers the same. */
static void
run(const struct jk_order *order, int status)
{
	enum jk_order_end end = JK_ORDER_NEXT;
	bool succeeded = false;
	size_t asked = 0;

	while (end == JK_ORDER_NEXT) {
		end = jk_order_after(order, asked, status, &succeeded);
		need(++asked <= order->n);
	}
	need((end == JK_ORDER_DONE) == (status == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_order order = { 0 }, again = { 0 };
	char *text = strndup((const char *)data, len);
	char written[2048];

	need(text != NULL);
	if (jk_order_parse(text, &order) == NULL) {
		need(order.n > 0 && order.n <= JK_SOURCES_MAX);
		for (size_t i = 0; i < order.n; i++) {
			need(jk_source_name_is_valid(order.step[i].name));
			need(strstr(text, order.step[i].name) != NULL);
			for (size_t k = 0; k < i; k++)
				need(strcmp(order.step[i].name,
				         order.step[k].name) != 0);
		}
		write_out(&order, written, sizeof(written));
		need(jk_order_parse(written, &again) == NULL);
		need(memcmp(&order, &again, sizeof(order)) == 0);
		for (int status = -1; status <= JK_SOURCE_STATUS_COUNT;
		     status++)
			run(&order, status);
	} else {
		need(order.n == 0);
	}
	free(text);
	return 0;
}
