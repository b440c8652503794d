/* For readers that open a path: the bytes as a file in memory, private to its owner. */
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

typedef struct {
	int fd;
	char path[40];
} FuzzFile;

static inline void fuzz_file_clear(FuzzFile *file)
{
	close(file->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FuzzFile, fuzz_file_clear)

static inline FuzzFile fuzz_file(const void *bytes, gsize n)
{
	FuzzFile file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};

	g_assert_cmpint(file.fd, >=, 0);
	g_assert_cmpint(fchmod(file.fd, 0600), ==, 0);
	g_assert_cmpint(write(file.fd, bytes, n), ==, (gssize)n);
	g_snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
	return file;
}
