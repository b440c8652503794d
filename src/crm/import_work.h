/*
 * Imports as jobs of the worker: kinds "import" and "import_revert", payload {"id"}. Interrupted, they
 * go on; what would fail at every attempt ends the import with its reason. Threads: the worker's.
 */
#pragma once

#include "crm/imports.h"
#include "jobs/queue.h"

gboolean import_work(Store *store, const char *data, Job *job, gboolean revert, GError **error);
