/* SPDX-License-Identifier: BSD-2-Clause */
#include "jukinetctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "defs.h"

static const struct {
	const char *group, *name;
	jk_command_fn *run;
	const char *help;
} commands[] = {
	{ "registry", "build", jk_registry_build,
	    "check the configuration and write the snapshot" },
	{ "registry", "check", jk_registry_check,
	    "the same, but write nothing" },
	{ "registry", "options", jk_registry_options,
	    "list every key of the configuration files" },
};

static void
print_help(FILE *out)
{
	fputs("usage: jukinetctl GROUP COMMAND [OPTION...]\n\n", out);
	for (size_t i = 0; i < JK_COUNT(commands); i++)
		fprintf(out, "  %s %-8s  %s\n", commands[i].group,
		    commands[i].name, commands[i].help);
	fputs("\n"
	      "options of build and check:\n"
	      "  --config-dir DIR   instead of " JK_CONFIG_DIR "\n"
	      "  --vendor-dir DIR   instead of " JK_VENDOR_DIR "\n"
	      "  --snapshot PATH    instead of " JK_SNAPSHOT_DIR
	      "/snapshot.cdb (build)\n"
	      "\n"
	      "See jukinetctl(8).\n",
	    out);
}

int
jk_usage_error(const char *format, ...)
{
	va_list args;

	fputs("jukinetctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry \"jukinetctl --help\".\n", stderr);
	return EXIT_USAGE;
}

static int
run(int argc, char **argv)
{
	if (argc < 3)
		return jk_usage_error("a group and a command are needed");
	for (size_t i = 0; i < JK_COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].group) == 0 &&
		    strcmp(argv[2], commands[i].name) == 0)
			return commands[i].run(argc - 2, argv + 2);
	return jk_usage_error("unknown command \"%s %s\"", argv[1], argv[2]);
}

int
main(int argc, char **argv)
{
	int status;

	umask(077);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		status = EXIT_OK;
	} else if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("jukinetctl " JK_VERSION);
		status = EXIT_OK;
	} else {
		status = run(argc, argv);
	}
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		perror("jukinetctl: standard output");
		return EXIT_REFUSED;
	}
	return status;
}
