/*
 * Labels that are paths: "after-sales/refund" lies below "after-sales", on level 2. A classifier learns the whole
 * labels; what it says of an upper level is what it says of all labels below.
 * Labels are char *. Threads: pure. Limits: none of its own. Does not say which label is likeliest on an upper level
 * taken by itself: the level of a label is what the label lies below.
 */
#pragma once

#include <glib.h>

/* No part is empty: neither "/a" nor "a/" nor "a//b". */
gboolean label_is_path(const char *label);
/* How many parts a label has: 1 without "/". */
guint label_level(const char *label);
/* The level of the deepest of the first n labels; 1 where they have no levels: none has a "/", or all the same
 * first part. */
guint labels_depth(const GPtrArray *labels, guint n);
/* The labels cut after so many parts (shorter ones stay), each once, in the order in which they come. ret_of
 * (labels->len): which of them each label is cut to. The caller frees it. */
GPtrArray *labels_cut(const GPtrArray *labels, guint level, guint *ret_of);
