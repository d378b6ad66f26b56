/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of a personnel change, as an officer hands it in: whatever comes,
 * it is refused with words, or every line of it is one that can be wanted.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ids.h"
#include "importrow.h"
#include "plaintext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
check_table(const struct jk_csv *csv)
{
	need(csv->n > 0 && csv->n <= JK_CSV_ROWS_MAX);
	need(csv->columns > 0 && csv->columns <= JK_CSV_COLUMNS_MAX);
	for (size_t i = 0; i < csv->n; i++) {
		need(csv->line[i] > (i == 0 ? 0 : csv->line[i - 1]));
		for (size_t j = 0; j < csv->columns; j++) {
			const char *cell = jk_csv_cell(csv, i, j);

			need(strlen(cell) <= JK_CSV_CELL_MAX);
			need(jk_plaintext_fault(cell, strlen(cell)) == NULL);
		}
	}
}

static void
check_day(const char *text)
{
	int64_t s;

	need(text[0] == '\0' || jk_date_parse(text, &s) == JK_OK);
}

static void
check_row(const struct jk_import_row *row)
{
	const char *opid = row->text[JK_IMPORT_OPID];
	const char *name = row->text[JK_IMPORT_NAME];

	need(row->action < JK_IMPORT_ACTION_COUNT);
	need(jk_row_id_is_valid(row->text[JK_IMPORT_PERSON]));
	need(opid[0] == '\0' || jk_row_id_is_valid(opid));
	check_day(row->text[JK_IMPORT_FROM]);
	check_day(row->text[JK_IMPORT_UNTIL]);
	need(row->until == 0 || row->from < row->until);
	need(jk_import_same_name(name, name));
}

static void
check_rows(const struct jk_csv *csv, const struct jk_import_map *map)
{
	for (size_t i = 1; i < csv->n; i++) {
		struct jk_csv_fault fault = { 0, NULL };
		struct jk_import_row row;

		if (jk_import_read(csv, map, i, &row, &fault) == JK_OK)
			check_row(&row);
		else
			need(fault.why != NULL && fault.line == csv->line[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_csv csv = { 0 };
	struct jk_csv_fault fault = { 0, NULL };
	struct jk_import_map map;

	if (jk_csv_parse((const char *)data, len, &csv, &fault) != JK_OK) {
		need(fault.why != NULL && csv.cell == NULL);
		return 0;
	}
	check_table(&csv);
	if (jk_import_head(&csv, &map, &fault) == JK_OK)
		check_rows(&csv, &map);
	jk_csv_clear(&csv);
	return 0;
}
