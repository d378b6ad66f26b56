/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target's entry point over every file of the directories given:
 * what the fuzzer once found stays found, also without libFuzzer.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* From an allocation of the exact size, so that a sanitizer sees overreads. */
static int
replay_file(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *data;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	data = malloc((size_t)st.st_size + 1);
	if (data == NULL)
		return -1;
	n = read(fd, data, (size_t)st.st_size);
	close(fd);
	if (n == st.st_size) {
		uint8_t *exact = realloc(data, n > 0 ? (size_t)n : 1);

		data = exact != NULL ? exact : data;
		LLVMFuzzerTestOneInput(data, (size_t)n);
	}
	free(data);
	return n == st.st_size ? 0 : -1;
}

static int
replay_directory(const char *path, unsigned *count)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int failed = 0;

	if (dir == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay_file(dirfd(dir), entry->d_name) != 0) {
			fprintf(stderr, "%s/%s: %s\n", path, entry->d_name,
			    strerror(errno));
			failed = -1;
		}
		(*count)++;
	}
	closedir(dir);
	return failed;
}

int
main(int argc, char *argv[])
{
	unsigned count = 0;
	int failed = 0;

	for (int i = 1; i < argc; i++)
		if (replay_directory(argv[i], &count) != 0)
			failed = 1;
	printf("%u inputs\n", count);
	/* An empty corpus would pass without having tried anything. */
	return failed || count == 0;
}
