/* From inside the sandbox forty acts are tried that a model process has no business with, and each is
 * denied; what it does need works. Each attempt runs in a child of its own, behind the very function
 * that llmd calls. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sandbox.h"

typedef struct {
	const char *name;
	long number;
	long arguments[6];
} Act;

/* A sanitizer asks the kernel for things of its own when a thread begins, and can do without. */
#ifdef __SANITIZE_ADDRESS__
enum { DEADLY = FALSE };
#else
enum { DEADLY = TRUE };
#endif

#define TEXT(text) ((long)(gintptr)(text))

static const char *const nothing[] = {NULL};

/* Plain calls of the kernel: the C library in between could give up before it asks. */
static Act *acts(gsize *ret_n)
{
	static struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = 22 << 8};
	static char buffer[4096];
	static struct rlimit limit = {1024, 1024};
	Act list[] = {
		{"open /etc/shadow", SYS_openat, {AT_FDCWD, TEXT("/etc/shadow"), O_RDONLY}},
		{"open itself", SYS_openat, {AT_FDCWD, TEXT("/proc/self/exe"), O_RDONLY}},
		{"open a new file", SYS_openat, {AT_FDCWD, TEXT("/tmp/x"), O_CREAT | O_RDWR, 0600}},
		{"openat2", SYS_openat2, {AT_FDCWD, TEXT("/etc/passwd"), TEXT(buffer), 24}},
		{"socket of the internet", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
		{"socket of the machine", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
		{"netlink", SYS_socket, {16, SOCK_RAW, 0}},
		{"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, TEXT(buffer)}},
		{"connect", SYS_connect, {0, TEXT(&address), sizeof(address)}},
		{"bind", SYS_bind, {0, TEXT(&address), sizeof(address)}},
		{"listen", SYS_listen, {0, 1}},
		{"accept", SYS_accept4, {0, 0, 0, 0}},
		{"execve", SYS_execve, {TEXT("/bin/true"), TEXT(nothing), TEXT(nothing)}},
		{"execveat",
		 SYS_execveat,
		 {AT_FDCWD, TEXT("/bin/true"), TEXT(nothing), TEXT(nothing), 0}},
		{"fork", SYS_clone, {SIGCHLD, 0, 0, 0, 0}},
		{"clone3", SYS_clone3, {TEXT(buffer), 88}},
		{"a new user namespace", SYS_unshare, {CLONE_NEWUSER}},
		{"setns", SYS_setns, {0, 0}},
		{"ptrace the parent", SYS_ptrace, {PTRACE_ATTACH, 0, 0, 0}},
		{"read another's memory",
		 SYS_process_vm_readv,
		 {1, TEXT(buffer), 0, TEXT(buffer), 0}},
		{"kill the parent", SYS_kill, {0, 0}},
		{"signal a thread of another", SYS_tgkill, {1, 1, 0}},
		{"pidfd_open", SYS_pidfd_open, {1, 0}},
		{"executable memory",
		 SYS_mmap,
		 {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
		{"make memory executable", SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}},
		{"pkey_mprotect", SYS_pkey_mprotect, {0, 4096, PROT_READ | PROT_EXEC, -1}},
		{"memfd_create", SYS_memfd_create, {TEXT("x"), 0}},
		{"shmget", SYS_shmget, {IPC_PRIVATE, 4096, 0600}},
		{"stat", SYS_newfstatat, {AT_FDCWD, TEXT("/etc/passwd"), TEXT(buffer), 0}},
		{"list a folder", SYS_getdents64, {0, TEXT(buffer), sizeof(buffer)}},
		{"readlink", SYS_readlinkat, {AT_FDCWD, TEXT("/proc/self/exe"), TEXT(buffer), 100}},
		{"unlink", SYS_unlinkat, {AT_FDCWD, TEXT("/tmp/none"), 0}},
		{"rename", SYS_renameat2, {AT_FDCWD, TEXT("/a"), AT_FDCWD, TEXT("/b"), 0}},
		{"mkdir", SYS_mkdirat, {AT_FDCWD, TEXT("/tmp/none"), 0700}},
		{"chmod", SYS_fchmodat, {AT_FDCWD, TEXT("/tmp"), 0777}},
		{"mount", SYS_mount, {TEXT("none"), TEXT("/tmp"), TEXT("tmpfs"), 0, 0}},
		{"chroot", SYS_chroot, {TEXT("/")}},
		{"become root", SYS_setresuid, {0, 0, 0}},
		{"raise a limit", SYS_prlimit64, {0, RLIMIT_NOFILE, TEXT(&limit), 0}},
		{"be dumpable again", SYS_prctl, {PR_SET_DUMPABLE, 1, 0, 0, 0}},
		{"another filter", SYS_seccomp, {1, 0, TEXT(buffer)}},
		{"bpf", SYS_bpf, {0, TEXT(buffer), 72}},
		{"perf events", SYS_perf_event_open, {TEXT(buffer), 0, -1, -1, 0}},
		{"io_uring", SYS_io_uring_setup, {1, TEXT(buffer)}},
		{"inotify", SYS_inotify_init1, {0}},
		{"keys", SYS_keyctl, {0, -3, 0}},
		{"userfaultfd", SYS_userfaultfd, {0}},
		{"ioctl", SYS_ioctl, {0, 0x5401 /* TCGETS */, TEXT(buffer)}},
		{"signals of a descriptor", SYS_fcntl, {0, F_SETOWN, 1}},
		{"the clock", SYS_clock_settime, {0, TEXT(buffer)}},
	};

	*ret_n = G_N_ELEMENTS(list);
	return g_memdup2(list, sizeof(list));
}

static void try_act(const Act *act)
{
	const long *a = act->arguments;

	errno = 0;
	_exit(syscall(act->number, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 ? errno : 0);
}

static void enter(gboolean deadly)
{
	SandboxOptions options = {.deadly = deadly};
	SandboxReport report;

	if (!sandbox_enter(&options, &report, NULL))
		_exit(120);
}

static int wait_for(pid_t pid)
{
	int status = 0;

	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return status;
}

static void test_acts_are_denied(void)
{
	gsize n;
	g_autofree Act *list = acts(&n);

	g_assert_cmpuint(n, >=, 40);
	for (gsize i = 0; i < n; i++) {
		int status, expected = list[i].number == SYS_clone3 ? ENOSYS : EPERM;
		pid_t pid = fork();

		if (pid == 0) {
			enter(FALSE);
			try_act(&list[i]);
		}
		status = wait_for(pid);
		g_test_message("%s: %d", list[i].name, WEXITSTATUS(status));
		g_assert_true(WIFEXITED(status));
		g_assert_cmpint(WEXITSTATUS(status), ==, expected);
	}
}

static gboolean is_tried_by_libraries(long number)
{
	return number == SYS_clone3 || number == SYS_openat || number == SYS_newfstatat;
}

static void test_acts_kill(void)
{
	gsize n;
	g_autofree Act *list = acts(&n);

	for (gsize i = 0; i < n; i++) {
		int status;
		pid_t pid;

		if (is_tried_by_libraries(list[i].number))
			continue;
		pid = fork();
		if (pid == 0) {
			enter(TRUE);
			try_act(&list[i]);
		}
		status = wait_for(pid);
		g_test_message("%s", list[i].name);
		g_assert_true(WIFSIGNALED(status));
		g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
	}
}

/* Without the sandbox these same acts do work: so it is the sandbox that denies them. */
static void test_acts_would_work(void)
{
	static const char *const names[] = {"open itself",  "socket of the machine",
					    "memfd_create", "stat",
					    "readlink",	    "inotify"};
	gsize n;
	g_autofree Act *list = acts(&n);
	guint n_tried = 0;

	for (gsize i = 0; i < n; i++) {
		for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
			pid_t pid;

			if (!g_str_equal(names[k], list[i].name))
				continue;
			pid = fork();
			if (pid == 0)
				try_act(&list[i]);
			g_assert_cmpint(WEXITSTATUS(wait_for(pid)), ==, 0);
			n_tried++;
		}
	}
	g_assert_cmpuint(n_tried, ==, G_N_ELEMENTS(names));
}

static gpointer add_one(gpointer number)
{
	return GINT_TO_POINTER(GPOINTER_TO_INT(number) + 1);
}

/* Memory, threads, time, and the descriptors it holds. */
static void live(int in, int out)
{
	g_autofree char *memory = g_malloc(8 << 20);
	gpointer result = NULL;
	pthread_t thread;
	char word;

	memset(memory, 1, 8 << 20);
	/* a plain thread: GLib's want to know their priority */
	if (pthread_create(&thread, NULL, add_one, GINT_TO_POINTER(41)) ||
	    pthread_join(thread, &result) || GPOINTER_TO_INT(result) != 42 ||
	    g_get_monotonic_time() <= 0)
		_exit(1);
	if (read(in, &word, 1) != 1 || word != 'q' || send(out, "a", 1, 0) != 1)
		_exit(2);
	_exit(0);
}

static void test_what_it_needs_works(void)
{
	int in[2], out[2], stray;
	char word = 0;
	pid_t pid;

	g_assert_cmpint(pipe2(in, O_CLOEXEC), ==, 0);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), ==, 0);
	stray = dup(in[0]);
	pid = fork();
	if (pid == 0) {
		SandboxOptions options = {.keep = {out[1], in[0]}, .n_keep = 2, .deadly = DEADLY};
		SandboxReport report;

		if (!sandbox_enter(&options, &report, NULL) || read(stray, &word, 1) != -1 ||
		    errno != EBADF)
			_exit(3);
		live(in[0], out[1]);
	}
	g_assert_cmpint(write(in[1], "q", 1), ==, 1);
	g_assert_cmpint(wait_for(pid), ==, 0);
	g_assert_cmpint(read(out[0], &word, 1), ==, 1);
	g_assert_cmpint(word, ==, 'a');
	close(in[0]), close(in[1]), close(out[0]), close(out[1]), close(stray);
}

static void test_status(void)
{
	g_autofree char *path = NULL, *status = NULL;
	int pair[2];
	char word;
	pid_t pid;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	pid = fork();
	if (pid == 0) {
		SandboxOptions options = {.keep = {pair[1]}, .n_keep = 1};
		SandboxReport report;

		if (!sandbox_enter(&options, &report, NULL) || send(pair[1], "r", 1, 0) != 1)
			_exit(1);
		_exit(read(pair[1], &word, 1) == 1 ? 0 : 2);
	}
	g_assert_cmpint(read(pair[0], &word, 1), ==, 1);
	path = g_strdup_printf("/proc/%d/status", (int)pid);
	g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
	g_assert_nonnull(strstr(status, "NoNewPrivs:\t1\n"));
	g_assert_nonnull(strstr(status, "Seccomp:\t2\n"));
	if (geteuid() == 0)
		g_assert_nonnull(strstr(status, "Uid:\t65534\t65534\t65534\t65534\n"));
	g_assert_cmpint(write(pair[0], "x", 1), ==, 1);
	g_assert_cmpint(wait_for(pid), ==, 0);
	close(pair[0]), close(pair[1]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sandbox/acts_are_denied", test_acts_are_denied);
	g_test_add_func("/sandbox/acts_kill", test_acts_kill);
	g_test_add_func("/sandbox/acts_would_work", test_acts_would_work);
	g_test_add_func("/sandbox/what_it_needs_works", test_what_it_needs_works);
	g_test_add_func("/sandbox/status", test_status);
	return g_test_run();
}
