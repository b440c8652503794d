#include "base/slice.h"

#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel lays it out (sched_setattr(2)); its own header cannot stand beside the C library's. */
typedef struct {
	guint32 size, policy;
	guint64 flags;
	gint32 nice;
	guint32 priority;
	guint64 runtime_ns, deadline_ns, period_ns;
} SchedulerAttributes;

void slice_set(guint us)
{
	SchedulerAttributes attributes = {0};

	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0)
		return;
	attributes.runtime_ns = us * G_GUINT64_CONSTANT(1000);
	(void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}
