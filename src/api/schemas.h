/* The JSON schemas that route rows name, declared objects included. */
#pragma once

#include "http/router.h"

/* GArray of HttpSchema, those of objects (of const Object) included; the texts live as long as the
 * program. */
GArray *api_schemas(const GPtrArray *objects);
