/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of jukinetctl share. */
#ifndef JK_JUKINETCTL_H
#define JK_JUKINETCTL_H

/* Exit codes, as the manual page lists them. */
#define EXIT_OK      0
#define EXIT_REFUSED 1
#define EXIT_USAGE   2

/* `argv[0]` is the last word of the subcommand. */
typedef int jk_command_fn(int argc, char **argv);

jk_command_fn jk_registry_build;
jk_command_fn jk_registry_check;
jk_command_fn jk_registry_options;

/* Writes how it is called to stderr; returns EXIT_USAGE. */
int jk_usage_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
