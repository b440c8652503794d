/* Two time stamps in shared memory. CLOCK_MONOTONIC is the same for all processes of one boot; a
 * stamp of an earlier boot lies in the future or far in the past and is ignored. */
#include "store/wait.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

enum { WAIT_BYTES = 4096 };

struct WaitFile {
	_Atomic gint64 stamps[WAIT_N_KINDS];
};

WaitFile *wait_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	void *memory = MAP_FAILED;

	if (fd < 0)
		return NULL;
	/* Real blocks, not a hole: touching a hole on a full disk would be a SIGBUS. */
	if (posix_fallocate(fd, 0, WAIT_BYTES) == 0)
		memory = mmap(NULL, WAIT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return memory == MAP_FAILED ? NULL : memory;
}

void wait_close(WaitFile *file)
{
	if (file)
		munmap(file, WAIT_BYTES);
}

void wait_note(WaitFile *file, WaitKind kind)
{
	if (file)
		atomic_store_explicit(&file->stamps[kind], clock_monotonic_us(),
				      memory_order_relaxed);
}

static gint64 stamp_of(WaitFile *file, WaitKind kind)
{
	return file ? atomic_load_explicit(&file->stamps[kind], memory_order_relaxed) : 0;
}

gint64 wait_age_us(WaitFile *file, WaitKind kind)
{
	gint64 stamp = stamp_of(file, kind);
	gint64 now = clock_monotonic_us();

	return stamp > 0 && stamp <= now ? now - stamp : G_MAXINT64;
}

gboolean wait_seen(WaitFile *file, WaitKind kind, gint64 within_us, gint64 since_us)
{
	return stamp_of(file, kind) > since_us && wait_age_us(file, kind) < within_us;
}
