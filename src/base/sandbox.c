/* The filter is built from a table at run time: a row is a system call and, where its arguments count,
 * what they must be. */
#include "base/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

enum { NOBODY = 65534, FILES_MAX = 64 };

#if defined(__x86_64__)
#define SANDBOX_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox has no filter for this processor yet"
#endif

/* What an argument must be: all of `set` set, none of `clear`; or be exactly the process's own id. */
typedef enum { ANY, BITS, OWN_PID } Rule;

typedef struct {
	int number;
	Rule rule;
	guint argument;
	guint32 set, clear;
} Allowed;

static const Allowed allowed[] = {
	/* descriptors it holds */
	{SYS_read, ANY, 0, 0, 0},
	{SYS_write, ANY, 0, 0, 0},
	{SYS_readv, ANY, 0, 0, 0},
	{SYS_writev, ANY, 0, 0, 0},
	{SYS_pread64, ANY, 0, 0, 0},
	{SYS_lseek, ANY, 0, 0, 0},
	{SYS_close, ANY, 0, 0, 0},
	{SYS_dup, ANY, 0, 0, 0},
	{SYS_fstat, ANY, 0, 0, 0},
	{SYS_fcntl, BITS, 1, 0, ~7U}, /* flags, copies, locks */
	{SYS_fadvise64, ANY, 0, 0, 0},
	{SYS_recvfrom, ANY, 0, 0, 0},
	{SYS_recvmsg, ANY, 0, 0, 0},
	{SYS_sendto, ANY, 0, 0, 0},
	{SYS_sendmsg, ANY, 0, 0, 0},
	{SYS_ppoll, ANY, 0, 0, 0},
	/* memory, never executable */
	{SYS_mmap, BITS, 2, 0, PROT_EXEC},
	{SYS_mprotect, BITS, 2, 0, PROT_EXEC},
	{SYS_munmap, ANY, 0, 0, 0},
	{SYS_mremap, ANY, 0, 0, 0},
	{SYS_madvise, ANY, 0, 0, 0},
	{SYS_brk, ANY, 0, 0, 0},
	/* threads of its own, no processes */
	{SYS_clone, BITS, 0, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, CLONE_NEWUSER | CLONE_NEWNS},
	{SYS_futex, ANY, 0, 0, 0},
	{SYS_set_robust_list, ANY, 0, 0, 0},
	{SYS_rseq, ANY, 0, 0, 0},
	{SYS_sched_yield, ANY, 0, 0, 0},
	{SYS_sched_getaffinity, ANY, 0, 0, 0},
	{SYS_getcpu, ANY, 0, 0, 0},
	{SYS_membarrier, ANY, 0, 0, 0},
	/* itself */
	{SYS_getpid, ANY, 0, 0, 0},
	{SYS_gettid, ANY, 0, 0, 0},
	{SYS_getrusage, ANY, 0, 0, 0},
	{SYS_sysinfo, ANY, 0, 0, 0},
	{SYS_tgkill, OWN_PID, 0, 0, 0},
	{SYS_rt_sigaction, ANY, 0, 0, 0},
	{SYS_rt_sigprocmask, ANY, 0, 0, 0},
	{SYS_rt_sigreturn, ANY, 0, 0, 0},
	{SYS_sigaltstack, ANY, 0, 0, 0},
	{SYS_restart_syscall, ANY, 0, 0, 0},
	{SYS_exit, ANY, 0, 0, 0},
	{SYS_exit_group, ANY, 0, 0, 0},
	/* time and chance */
	{SYS_clock_gettime, ANY, 0, 0, 0},
	{SYS_clock_nanosleep, ANY, 0, 0, 0},
	{SYS_setitimer, ANY, 0, 0, 0},
	{SYS_getrandom, ANY, 0, 0, 0},
#ifdef SYS_poll
	{SYS_poll, ANY, 0, 0, 0},
	{SYS_nanosleep, ANY, 0, 0, 0},
	{SYS_gettimeofday, ANY, 0, 0, 0},
#endif
};

/* What libraries try and can do without: refused, but never deadly. The arguments of clone3 stand in
 * memory, out of sight; the C library then uses clone. */
static const struct {
	int number, reason;
} declined[] = {
	{SYS_clone3, ENOSYS},
	{SYS_openat, EPERM},
	{SYS_newfstatat, EPERM},
};

/* ---- the filter ------------------------------------------------------------------------------ */

static void add(GArray *program, guint16 code, guint32 value, guint8 when, guint8 unless)
{
	struct sock_filter line = {code, when, unless, value};

	g_array_append_val(program, line);
}

static void add_load(GArray *program, gsize offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, (guint32)offset, 0, 0);
}

static void add_return(GArray *program, guint32 action)
{
	add(program, BPF_RET | BPF_K, action, 0, 0);
}

/* The low half of an argument: all that flags and process ids have. */
static gsize argument_offset(guint argument)
{
	gsize low = G_BYTE_ORDER == G_BIG_ENDIAN ? sizeof(guint32) : 0;

	return offsetof(struct seccomp_data, args) + argument * sizeof(guint64) + low;
}

/* Behind each row the number stands in the accumulator again, or a verdict has been given. */
static void add_row(GArray *program, const Allowed *row, guint32 refusal)
{
	guint32 number = (guint32)row->number;

	if (row->rule == ANY) {
		add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		add_return(program, SECCOMP_RET_ALLOW);
		return;
	}
	add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, row->rule == OWN_PID ? 4 : 5);
	add_load(program, argument_offset(row->argument));
	if (row->rule == OWN_PID) {
		add(program, BPF_JMP | BPF_JEQ | BPF_K, (guint32)getpid(), 0, 1);
		add_return(program, SECCOMP_RET_ALLOW);
		add_return(program, refusal);
		return;
	}
	add(program, BPF_ALU | BPF_AND | BPF_K, row->set | row->clear, 0, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, row->set, 0, 1);
	add_return(program, SECCOMP_RET_ALLOW);
	add_return(program, refusal);
}

static GArray *filter_new(gboolean deadly)
{
	guint32 refusal = deadly ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM;
	GArray *program = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));

	add_load(program, offsetof(struct seccomp_data, arch));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCHITECTURE, 1, 0);
	add_return(program, SECCOMP_RET_KILL_PROCESS);
	add_load(program, offsetof(struct seccomp_data, nr));
	for (gsize i = 0; i < G_N_ELEMENTS(declined); i++) {
		add(program, BPF_JMP | BPF_JEQ | BPF_K, (guint32)declined[i].number, 0, 1);
		add_return(program, SECCOMP_RET_ERRNO | (guint32)declined[i].reason);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++)
		add_row(program, &allowed[i], refusal);
	add_return(program, refusal);
	return program;
}

static gboolean enter_seccomp(gboolean deadly, GError **error)
{
	g_autoptr(GArray) program = filter_new(deadly);
	struct sock_fprog filter = {(unsigned short)program->len, (gpointer)program->data};
	long flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) == 0)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "no seccomp filter: %s",
		    g_strerror(errno));
	return FALSE;
}

/* ---- the other layers ------------------------------------------------------------------------ */

/* Every right that this kernel's Landlock knows is handled, and no rule gives any. */
static gboolean enter_landlock(void)
{
	struct landlock_ruleset_attr rights = {0};
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	/* rights were added one by one: 13 of version 1, then 14, 15, 15, 16 */
	guint n_rights = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
	int fd;
	gboolean entered;

	if (version < 1)
		return FALSE;
	rights.handled_access_fs = (1ULL << n_rights) - 1;
	fd = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0);
	if (fd < 0)
		return FALSE;
	entered = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		  syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	close(fd);
	return entered;
}

/* From root to nobody. The kernel forgets at that who is to be told of the parent's death. */
static gboolean leave_root(void)
{
	pid_t parent = getppid();
	int death_signal = 0;

	if (geteuid() != 0)
		return FALSE;
	prctl(PR_GET_PDEATHSIG, &death_signal);
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return FALSE;
	if (death_signal && (prctl(PR_SET_PDEATHSIG, death_signal) || getppid() != parent))
		_exit(1);
	return TRUE;
}

static void limit(int resource, rlim_t value)
{
	struct rlimit both = {value, value};

	setrlimit((__rlimit_resource_t)resource, &both);
}

static void close_others(const SandboxOptions *options)
{
	for (guint from = 3; from < G_MAXINT32;) {
		guint next = G_MAXINT32;

		for (guint i = 0; i < options->n_keep; i++)
			if (options->keep[i] >= (int)from)
				next = MIN(next, (guint)options->keep[i]);
		if (next > from)
			syscall(SYS_close_range, from, next - 1, 0);
		from = next + 1;
	}
}

gboolean sandbox_enter(const SandboxOptions *options, SandboxReport *ret_report, GError **error)
{
	close_others(options);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, FILES_MAX);
	if (options->max_bytes)
		limit(RLIMIT_AS, options->max_bytes);
	ret_report->other_user = leave_root();
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	ret_report->landlock = enter_landlock();
	return enter_seccomp(options->deadly, error);
}
