/*
 * Names in running text: people by surname and title ("王经理", "Ms Carter"), by what announces them
 * ("我叫", "my name is") or by how they are written; firms by how their names end; places by a list.
 * Ownership: appends to found, which owns what it holds. Threads: any. Limits: linear. Private to
 * the text layer.
 */
#pragma once

#include "text/values.h"

/* text: folded, letters as written. kinds: what is asked for. */
void value_names_find(const char *text, guint64 kinds, GArray *found);
