/*
 * Shuts the calling process in, for good: from then on it can compute, talk over the descriptors that
 * it holds, and make threads, and nothing else. It opens no file, no socket and no program, sees no
 * other process, and gets no memory that is writable and executable.
 *
 * Layers, each for itself: resource limits; no core dump and no ptrace (not dumpable); another user
 * (nobody) when it runs as root; no_new_privs; Landlock with no rule at all, where the kernel has it;
 * a seccomp filter that is a list of what is allowed. The list is in sandbox.c.
 * Threads: before any thread is made, else those of before are behind the filter only. Errors:
 * UNAVAILABLE when seccomp or no_new_privs cannot be had; the rest is reported, not required.
 * Does not close standard input, output and error, does not protect from what the descriptors allow.
 */
#pragma once

#include <glib.h>

enum { SANDBOX_KEEP_MAX = 8 };

typedef struct {
	int keep[SANDBOX_KEEP_MAX]; /* descriptors that stay open, besides 0, 1 and 2 */
	guint n_keep;
	guint64 max_bytes; /* of address space; 0: no limit */
	/* what is forbidden kills the process instead of failing with EPERM, but for opening files, which
	 * libraries try */
	gboolean deadly;
} SandboxOptions;

typedef struct {
	gboolean landlock;   /* in force */
	gboolean other_user; /* it was root and is no more */
} SandboxReport;

gboolean sandbox_enter(const SandboxOptions *options, SandboxReport *ret_report, GError **error);
