/*
 * One loop over a signalfd and the children's control sockets; every wait has a deadline, nothing
 * blocks elsewhere. Children are rows in their order of start; they stop in the reverse order.
 */
#include "app/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/listen.h"
#include "app/process.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

enum {
	DELAY_MIN_MS = 100,
	DELAY_MAX_MS = 10000,
	HEALTHY_MS = 30000,
	STOP_MS = 10000,
	SUPERVISOR_BAD_DATA = 3, /* exit code */
	MAX_FILES = 65536
};
/* llmd reads its model while core opens the store; it is stopped last, when nobody asks it any more */
enum { LLMD, CORE, WORKER, N_CHILDREN };

typedef struct {
	const char *role;
	gboolean wanted;
	pid_t pid;	    /* 0 = not running */
	int control_fd;	    /* -1 = not running */
	gboolean watched;   /* it may have something to say */
	gboolean ready;	    /* it has said so */
	gboolean was_ready; /* since serve started */
	gint64 started_us;
	gint64 start_at_us; /* when it may be started again */
	gint64 kill_at_us;  /* 0 = not asked to stop */
	guint delay_ms;
	gboolean refused; /* llmd: it does not take its file */
} Child;

typedef struct {
	const SupervisorOptions *options;
	int listen_fd, signal_fd;
	sigset_t signals;
	Child children[N_CHILDREN];
	gboolean linked; /* core and llmd have a socketpair between them */
	gboolean told;	 /* this core, that llmd will not come */
	gboolean stopping;
	gboolean failed; /* core could not start */
} Supervisor;

/* ---- starting -------------------------------------------------------------------------------- */

static char **child_argv(const Supervisor *supervisor, const Child *child, int control_fd)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autofree char *control = g_strdup_printf("--control-fd=%d", control_fd);
	g_autofree char *listening = g_strdup_printf("--listen-fd=%d", supervisor->listen_fd);

	g_strv_builder_add_many(builder, "zhiyin", child->role, control, NULL);
	if (child == &supervisor->children[CORE])
		g_strv_builder_add(builder, listening);
	for (const char *const *argument = supervisor->options->arguments; *argument; argument++)
		g_strv_builder_add(builder, *argument);
	return g_strv_builder_end(builder);
}

/* Runs in the child, between fork and exec. Only what the child may hold stays open. */
static void G_GNUC_NORETURN child_exec(const Supervisor *supervisor, const Child *child,
				       int control_fd, char **argv, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	fcntl(control_fd, F_SETFD, 0);
	if (child == &supervisor->children[CORE])
		fcntl(supervisor->listen_fd, F_SETFD, 0);
	execv("/proc/self/exe", argv);
	_exit(127);
}

static void child_delay(Child *child, gint64 now_us)
{
	child->delay_ms = child->delay_ms ? MIN(child->delay_ms * 2, (guint)DELAY_MAX_MS)
					  : (guint)DELAY_MIN_MS;
	child->start_at_us = now_us + child->delay_ms * 1000LL;
}

static void child_start(const Supervisor *supervisor, Child *child, gint64 now_us)
{
	g_auto(GStrv) argv = NULL;
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		child_delay(child, now_us);
		return;
	}
	argv = child_argv(supervisor, child, pair[1]);
	pid = fork();
	if (pid == 0)
		child_exec(supervisor, child, pair[1], argv, parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		log_event(LOG_ERROR, "child_not_started", "role", 's', child->role, "errno", 'i',
			  (gint64)errno, NULL);
		child_delay(child, now_us);
		return;
	}
	child->pid = pid;
	child->control_fd = pair[0];
	child->watched = TRUE;
	child->started_us = now_us;
	log_event(LOG_INFO, "child_started", "role", 's', child->role, "pid", 'i', (gint64)pid,
		  NULL);
}

/* Core and llmd at once; the worker needs the store that core brings up to date. */
static void start_wanted(Supervisor *supervisor, gint64 now_us)
{
	for (int i = 0; i < N_CHILDREN && !supervisor->stopping; i++) {
		Child *child = &supervisor->children[i];

		if (i > CORE && !supervisor->children[CORE].was_ready)
			return;
		if (child->wanted && !child->pid && now_us >= child->start_at_us)
			child_start(supervisor, child, now_us);
	}
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* A model file that llmd does not take will be no better the next time. */
static void child_ended_for_good(Child *child, int code)
{
	if (!g_str_equal(child->role, "llmd") || code != SUPERVISOR_BAD_DATA)
		return;
	child->wanted = FALSE;
	child->refused = TRUE;
	log_event(LOG_ERROR, "no_model", "role", 's', child->role, NULL);
}

static void child_ended(Supervisor *supervisor, Child *child, int status, gint64 now_us)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	gboolean asked = child->kill_at_us != 0;

	log_event(asked ? LOG_INFO : LOG_WARNING, "child_ended", "role", 's', child->role, "pid",
		  'i', (gint64)child->pid, "code", 'i', (gint64)code, "signal", 'i',
		  (gint64)(WIFSIGNALED(status) ? WTERMSIG(status) : 0), NULL);
	close(child->control_fd);
	if (now_us - child->started_us > HEALTHY_MS * 1000LL)
		child->delay_ms = 0;
	child->pid = 0;
	child->control_fd = -1;
	child->watched = FALSE;
	child->ready = FALSE;
	child->kill_at_us = 0;
	supervisor->linked = supervisor->linked && child == &supervisor->children[WORKER];
	supervisor->told = supervisor->told && child != &supervisor->children[CORE];
	if (!asked)
		child_ended_for_good(child, code);
	if (child == &supervisor->children[CORE] && !child->was_ready && !supervisor->stopping) {
		supervisor->failed = TRUE;
		supervisor->stopping = TRUE;
	}
	child_delay(child, now_us);
}

static void reap(Supervisor *supervisor, gint64 now_us)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < N_CHILDREN; i++) {
			if (supervisor->children[i].pid == pid)
				child_ended(supervisor, &supervisor->children[i], status, now_us);
		}
	}
}

/* Asks it to stop; kill_late() kills it when its time is up. */
static void child_stop(Child *child, gint64 now_us)
{
	if (!child->pid || child->kill_at_us)
		return;
	child->kill_at_us = now_us + STOP_MS * 1000LL;
	if (!process_say(child->control_fd, PROCESS_STOP))
		kill(child->pid, SIGTERM);
}

static void kill_late(Supervisor *supervisor, gint64 now_us)
{
	for (int i = 0; i < N_CHILDREN; i++) {
		Child *child = &supervisor->children[i];

		if (!child->pid || !child->kill_at_us || now_us < child->kill_at_us)
			continue;
		log_event(LOG_WARNING, "child_killed", "role", 's', child->role, NULL);
		kill(child->pid, SIGKILL);
		child->kill_at_us = now_us + STOP_MS * 1000LL;
	}
}

/* Stops the last child that still runs. FALSE when none does. */
static gboolean stop_next(Supervisor *supervisor, gint64 now_us)
{
	Child *child = NULL;

	for (int i = 0; i < N_CHILDREN; i++) {
		if (supervisor->children[i].pid)
			child = &supervisor->children[i];
	}
	if (!child)
		return FALSE;
	child_stop(child, now_us);
	return TRUE;
}

static void kill_all(Supervisor *supervisor)
{
	for (int i = 0; i < N_CHILDREN; i++) {
		if (supervisor->children[i].pid)
			kill(supervisor->children[i].pid, SIGKILL);
	}
}

/* ---- the loop -------------------------------------------------------------------------------- */

static int next_timeout_ms(const Supervisor *supervisor, gint64 now_us)
{
	gint64 next_us = G_MAXINT64;

	for (int i = 0; i < N_CHILDREN; i++) {
		const Child *child = &supervisor->children[i];

		if (child->pid && child->kill_at_us)
			next_us = MIN(next_us, child->kill_at_us);
		else if (!child->pid && child->wanted && !supervisor->stopping &&
			 child->start_at_us)
			next_us = MIN(next_us, child->start_at_us);
	}
	if (next_us == G_MAXINT64)
		return -1;
	return (int)CLAMP((next_us - now_us) / 1000 + 1, 0, DELAY_MAX_MS);
}

static void child_is_ready(const Supervisor *supervisor, Child *child)
{
	gboolean first = child == &supervisor->children[CORE] && !child->was_ready;
	g_autofree char *url = NULL;

	child->ready = child->was_ready = TRUE;
	if (!first)
		return;
	url = listen_url(supervisor->listen_fd,
			 config_string(supervisor->options->config, SETTING_TLS_CERT) != NULL);
	supervisor->options->ready(url, supervisor->options->data);
}

/* Another local model was chosen, or none: what runs is stopped, and started anew where it is wanted. */
static void change_model(Supervisor *supervisor, gboolean wanted)
{
	Child *llmd = &supervisor->children[LLMD];
	gint64 now_us = clock_monotonic_us();

	log_event(LOG_INFO, "model_changed", "wanted", 'i', (gint64)wanted, NULL);
	llmd->wanted = wanted;
	llmd->refused = FALSE;
	supervisor->told = FALSE;
	llmd->delay_ms = 0;
	llmd->start_at_us = now_us;
	child_stop(llmd, now_us);
}

static void read_control(Supervisor *supervisor, Child *child)
{
	char word;

	if (recv(child->control_fd, &word, 1, MSG_DONTWAIT) != 1) {
		child->watched = FALSE; /* it is ending; waitpid tells when */
		return;
	}
	if (word == PROCESS_READY)
		child_is_ready(supervisor, child);
	else if (child == &supervisor->children[CORE])
		change_model(supervisor, word == PROCESS_MODEL);
}

static void tell_core(Supervisor *supervisor)
{
	const Child *core = &supervisor->children[CORE];

	if (supervisor->children[LLMD].refused && core->ready && !supervisor->told)
		supervisor->told = process_say(core->control_fd, PROCESS_REFUSED);
}

/* Core and llmd get a socketpair when both are ready, anew whenever one of them is. */
static void link_core_and_llmd(Supervisor *supervisor)
{
	const Child *core = &supervisor->children[CORE], *llmd = &supervisor->children[LLMD];
	int pair[2];

	if (supervisor->linked || supervisor->stopping || !core->ready || !llmd->ready ||
	    llmd->kill_at_us || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return;
	supervisor->linked =
		TRUE; /* one that does not take it is ending, and then all begins anew */
	if (!process_send_link(llmd->control_fd, pair[0]) ||
	    !process_send_link(core->control_fd, pair[1]))
		log_event(LOG_WARNING, "model_not_linked", "errno", 'i', (gint64)errno, NULL);
	close(pair[0]);
	close(pair[1]);
}

static void read_signal(Supervisor *supervisor)
{
	struct signalfd_siginfo info;

	if (read(supervisor->signal_fd, &info, sizeof(info)) != sizeof(info) ||
	    info.ssi_signo == SIGCHLD)
		return;
	log_event(LOG_INFO, "stopping", "signal", 'i', (gint64)info.ssi_signo, NULL);
	if (supervisor->stopping) /* asked twice: at once */
		kill_all(supervisor);
	supervisor->stopping = TRUE;
}

static void wait_for_news(Supervisor *supervisor)
{
	struct pollfd fds[N_CHILDREN + 1] = {{.fd = supervisor->signal_fd, .events = POLLIN}};

	/* the socket of a child that is ending is watched no more */
	for (int i = 0; i < N_CHILDREN; i++) {
		const Child *child = &supervisor->children[i];

		fds[i + 1] = (struct pollfd){.fd = child->watched ? child->control_fd : -1,
					     .events = POLLIN};
	}
	if (poll(fds, N_CHILDREN + 1, next_timeout_ms(supervisor, clock_monotonic_us())) <= 0)
		return;
	for (int i = 0; i < N_CHILDREN; i++) {
		if (fds[i + 1].revents & (POLLIN | POLLHUP))
			read_control(supervisor, &supervisor->children[i]);
	}
	if (fds[0].revents)
		read_signal(supervisor);
}

static void supervise(Supervisor *supervisor)
{
	for (;;) {
		gint64 now_us = clock_monotonic_us();

		reap(supervisor, now_us);
		kill_late(supervisor, now_us);
		if (supervisor->stopping && !stop_next(supervisor, now_us))
			return;
		start_wanted(supervisor, now_us);
		link_core_and_llmd(supervisor);
		tell_core(supervisor);
		wait_for_news(supervisor);
	}
}

/* What children inherit: no new rights by exec, as many files as the system allows. */
static void prepare(Supervisor *supervisor)
{
	static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	struct rlimit files;

	log_set_process("supervisor");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < MAX_FILES) {
		files.rlim_cur = MIN(files.rlim_max, (rlim_t)MAX_FILES);
		setrlimit(RLIMIT_NOFILE, &files);
	}
	sigemptyset(&supervisor->signals);
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		sigaddset(&supervisor->signals, numbers[i]);
	sigprocmask(SIG_BLOCK, &supervisor->signals, NULL);
	supervisor->signal_fd = signalfd(-1, &supervisor->signals, SFD_CLOEXEC);
}

gboolean supervisor_run(const SupervisorOptions *options, GError **error)
{
	Supervisor supervisor = {
		.options = options,
		.children = {[LLMD] = {.role = "llmd",
				       .wanted = options->with_model,
				       .control_fd = -1},
			     [CORE] = {.role = "core", .wanted = TRUE, .control_fd = -1},
			     [WORKER] = {.role = "worker",
					 .wanted = !config_bool(options->config, SETTING_NO_WORKER),
					 .control_fd = -1}},
	};

	supervisor.listen_fd = listen_open(config_string(options->config, SETTING_LISTEN), error);
	if (supervisor.listen_fd < 0)
		return FALSE;
	prepare(&supervisor);
	supervise(&supervisor);
	close(supervisor.listen_fd);
	close(supervisor.signal_fd);
	if (!supervisor.failed)
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "core could not start: the log line before this one says why");
	return FALSE;
}
