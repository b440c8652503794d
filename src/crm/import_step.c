/* How long a step of an import works: the longer, the longer nobody had to wait for it. */
#include "base/clock.h"
#include "crm/import_job.h"

/* The first row counts that asks for no longer quiet than it was. */
static const struct {
	gint64 quiet_us, step_us;
} steps[] = {{60000000, 250000}, {1, 80000}, {0, 8000}};

ImportStep import_step_begin(Store *store)
{
	return (ImportStep){store, clock_thread_us(), clock_monotonic_us()};
}

gboolean import_step_goes_on(const ImportStep *step)
{
	gint64 quiet_us = store_quiet_us(step->store), most_us, passed_us;
	gsize i = 0;

	while (quiet_us < steps[i].quiet_us)
		i++;
	most_us = steps[i].step_us;
	passed_us = clock_monotonic_us() - step->began_us;
	return passed_us < most_us || /* it cannot have worked longer; asking that costs more */
	       (passed_us < 3 * most_us && clock_thread_us() - step->worked_us < most_us);
}
