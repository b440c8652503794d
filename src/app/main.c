/* Joins the tables of all layers, sees to it that OpenBLAS starts well where it is used, and hands
 * over to the command. */
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/assets.h"
#include "app/serve.h"
#include "cli/commands.h"
#include "ml/encoder.h"

static const Command *const commands[] = {
	&command_serve, &command_worker, &command_core, &command_llmd,
#define COMMAND_ROW(name) &command_##name,
#include "cli/commands.def"
#undef COMMAND_ROW
	NULL,
};

/* OpenBLAS reads its environment before main runs, so a process that needs other values starts
 * itself anew, once. */
static void restart_for_blas(const Command *command, char **argv)
{
	const char *hint = encoder_blas_hint();

	if (!command || !command->uses_blas || getenv("ZHIYIN_BLAS_SET"))
		return;
	if (!hint && getenv("OPENBLAS_NUM_THREADS"))
		return;
	setenv("ZHIYIN_BLAS_SET", "1", 1);
	setenv("OPENBLAS_NUM_THREADS", "1", 0);
	if (hint)
		setenv("OPENBLAS_CORETYPE", hint, 0);
	execv("/proc/self/exe", argv); /* on failure it goes on as it is: slower, not wrong */
}

int main(int argc, char **argv)
{
	guint n_words;

	umask(077); /* what this program writes holds personal data */
	prctl(PR_SET_NAME, "zhiyin");
	if (argc > 1)
		restart_for_blas(command_find(commands, (const char *const *)argv + 1, &n_words),
				 argv);
	asset_register(embedded_assets, n_embedded_assets);
	return command_main(commands, argc, argv);
}
