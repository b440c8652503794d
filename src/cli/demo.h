/*
 * The demo company: knowledge, contacts and past conversations from the files inside the binary
 * (demo/), all made up. Threads: one. Blocks: a few seconds. Errors: NOT_FOUND when the program was
 * built without them.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

gboolean demo_load(Store *store, const char *org_id, GError **error);
