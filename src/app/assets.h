/* The table of files inside the binary, made by scripts/embed; main hands it to base/asset.h.
 * Read-only, static. */
#pragma once

#include "base/asset.h"

extern const Asset embedded_assets[];
extern const gsize n_embedded_assets;
