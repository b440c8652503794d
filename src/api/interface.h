/* All routes of the program as one, those of every object included. Threads: read only once made. */
#pragma once

#include "http/router.h"

typedef struct Interface Interface;

/* Fails when rows collide. */
Interface *interface_new(GError **error);
void interface_free(Interface *all);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Interface, interface_free)
/* Lives as long as the interface. */
const Router *interface_router(const Interface *all);
