/* Runs files, or all files of folders, through the target that it is linked with: the corpora as a
 * test for compilers without libFuzzer, and one finding under a debugger. No file is a failure. */
#include "fuzz/fuzz.h"

static guint replay_file(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_autofree guint8 *exact = NULL; /* so that a byte too far is a report */
	gsize n;

	if (!g_file_get_contents(path, &text, &n, &error)) {
		g_printerr("%s\n", error->message);
		return 0;
	}
	exact = g_malloc(MAX(n, 1));
	memcpy(exact, text, n);
	g_printerr("%s\n", path);
	LLVMFuzzerTestOneInput(exact, n);
	return 1;
}

static guint replay(const char *path)
{
	g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
	const char *name;
	guint n = 0;

	if (!folder)
		return replay_file(path);
	while ((name = g_dir_read_name(folder))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		n += replay_file(file);
	}
	return n;
}

int main(int argc, char **argv)
{
	guint n = 0;

	for (int i = 1; i < argc; i++)
		n += replay(argv[i]);
	g_print("%u files\n", n);
	return n == 0;
}
