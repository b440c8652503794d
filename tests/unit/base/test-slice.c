/* What a thread asks for, its children inherit, and the usual slice comes back. A kernel before 6.12 has one slice for all. */
#include <glib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/slice.h"

typedef struct {
	guint32 size, policy;
	guint64 flags;
	gint32 nice;
	guint32 priority;
	guint64 runtime_ns, deadline_ns, period_ns;
} Attributes;

static guint64 slice_now(void)
{
	Attributes attributes = {0};

	g_assert_cmpint(syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0), ==, 0);
	return attributes.runtime_ns;
}

static gpointer look(gpointer data)
{
	*(guint64 *)data = slice_now();
	return NULL;
}

static void test_slice(void)
{
	guint64 usual = slice_now(), asked, inherited = 0;

	slice_set(SLICE_SHORT_US);
	asked = slice_now();
	if (asked == usual) {
		g_test_skip("this kernel takes no slice");
		return;
	}
	g_assert_cmpuint(asked, ==, SLICE_SHORT_US * 1000);
	g_thread_join(g_thread_new("child", look, &inherited));
	g_assert_cmpuint(inherited, ==, asked);
	slice_set(SLICE_USUAL);
	g_assert_cmpuint(slice_now(), ==, usual);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/slice", test_slice);
	return g_test_run();
}
