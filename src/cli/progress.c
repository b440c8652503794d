/* The line is made by a pure function, so that tests need no terminal. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { REDRAW_US = 100000 };

struct Progress {
	const char *label, *unit;
	guint64 total;
	gint64 started_us, drawn_us;
	gboolean shown; /* on a terminal and wanted */
};

Progress *progress_new(const char *label, const char *unit, guint64 total, gboolean quiet)
{
	Progress *progress = g_new0(Progress, 1);

	*progress = (Progress){
		.label = label, .unit = unit, .total = total, .started_us = clock_monotonic_us()};
	progress->shown = !quiet && isatty(STDERR_FILENO);
	return progress;
}

char *progress_text(const char *label, const char *unit, guint64 done, guint64 total,
		    gint64 elapsed_us)
{
	double seconds = (double)MAX(elapsed_us, 1) / 1e6;
	double rate = (double)done / seconds;
	guint64 left;

	if (total == 0)
		return g_strdup_printf("%s  %" G_GUINT64_FORMAT " %s  %.0f/s", label, done, unit,
				       rate);
	if (done == 0)
		return g_strdup_printf("%s  0 %%  0 of %" G_GUINT64_FORMAT " %s", label, total,
				       unit);
	left = (guint64)((double)(total - MIN(done, total)) / rate + 0.5);
	return g_strdup_printf("%s  %.0f %%  %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " %s  %.*f/s  %" G_GUINT64_FORMAT ":%02u left",
			       label, 100.0 * (double)MIN(done, total) / (double)total, done, total,
			       unit, rate < 10 ? 1 : 0, rate, left / 60, (guint)(left % 60));
}

void progress_set(Progress *progress, guint64 done)
{
	gint64 now_us = clock_monotonic_us();
	g_autofree char *text = NULL;

	if (!progress->shown || now_us - progress->drawn_us < REDRAW_US)
		return;
	progress->drawn_us = now_us;
	text = progress_text(progress->label, progress->unit, done, progress->total,
			     now_us - progress->started_us);
	fprintf(stderr, "\r\033[K%s", text);
	fflush(stderr);
}

void progress_free(Progress *progress)
{
	if (progress && progress->drawn_us)
		fputs("\r\033[K", stderr);
	g_free(progress);
}
