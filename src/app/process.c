/* The child's end. Signals are open only inside ppoll(), so that no flag and no handler with duties
 * is needed. */
#include "app/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdalign.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* On the main thread ppoll() returns EINTR: that is all. A library's thread that began before main (OpenBLAS has some) may be
 * handed the signal instead: it passes it on to the main thread, where it waits until ppoll(). */
static void on_signal(int number)
{
	int saved = errno;

	if (syscall(SYS_gettid) != getpid())
		syscall(SYS_tgkill, getpid(), getpid(), number);
	errno = saved;
}

static void catch_signal(int number)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void process_begin(const char *role, gboolean supervised)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct rlimit no_dump = {0, 0};
	sigset_t blocked;

	log_set_process(role);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	catch_signal(SIGTERM);
	sigaction(SIGPIPE, &ignore, NULL);
	/* Ctrl-C reaches the whole group; the supervisor stops its children in order */
	if (supervised) {
		sigaction(SIGINT, &ignore, NULL);
		sigaction(SIGHUP, &ignore, NULL);
	} else {
		catch_signal(SIGINT);
	}
	setrlimit(RLIMIT_CORE, &no_dump); /* memory holds personal data */
}

gboolean process_say(int control_fd, char word)
{
	return send(control_fd, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

void process_ready(int control_fd)
{
	if (control_fd >= 0 && !process_say(control_fd, PROCESS_READY))
		log_event(LOG_WARNING, "supervisor_unreachable", NULL);
}

gboolean process_send_link(int control_fd, int link_fd)
{
	char word = PROCESS_LINK;
	struct iovec part = {&word, 1};
	alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &link_fd, sizeof(int));
	return sendmsg(control_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

ProcessNews process_receive(int control_fd, int *ret_link_fd)
{
	char word = 0;
	struct iovec part = {&word, 1};
	alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {0};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	gssize n = recvmsg(control_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *head = n == 1 ? CMSG_FIRSTHDR(&message) : NULL;

	*ret_link_fd = -1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return PROCESS_NOTHING;
	if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_link_fd, CMSG_DATA(head), sizeof(int));
	if (n != 1)
		return PROCESS_STOPPING;
	return word == PROCESS_LINK	 ? PROCESS_LINKED
	       : word == PROCESS_REFUSED ? PROCESS_MODEL_REFUSED
					 : PROCESS_STOPPING;
}

ProcessNews process_wait_news(int control_fd, int timeout_ms, int *ret_link_fd)
{
	struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
	struct pollfd control = {.fd = control_fd, .events = POLLIN};
	sigset_t open_mask;
	int n;

	*ret_link_fd = -1;
	sigemptyset(&open_mask);
	n = ppoll(&control, 1, timeout_ms < 0 ? NULL : &timeout, &open_mask);
	if (n == 0)
		return PROCESS_NOTHING;
	/* a word, the end of the socket, or a signal */
	return n > 0 ? process_receive(control_fd, ret_link_fd) : PROCESS_STOPPING;
}

gboolean process_wait(int control_fd, int timeout_ms)
{
	int link_fd;
	ProcessNews news = process_wait_news(control_fd, timeout_ms, &link_fd);

	if (link_fd >= 0)
		close(link_fd);
	return news != PROCESS_STOPPING;
}
