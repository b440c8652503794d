/*
 * How long a thread runs before others get their turn. Since Linux 6.12 the scheduler lets a thread that wakes up interrupt
 * one that computes only if its own slice is the shorter one; else it waits for the end of the other's, which a slow clock
 * (CONFIG_HZ 250) makes 4 ms. Threads that answer at once ask for a short slice, those that compute leave theirs.
 * Source: sched_setattr(2), kernel/sched/fair.c (PREEMPT_SHORT). Needs no right. Threads: concerns the calling one and those
 * that it begins from then on. Errors: none; an older kernel takes no notice. Does not change anyone's share of the processor.
 */
#pragma once

#include <glib.h>

enum { SLICE_SHORT_US = 100 /* the least there is */, SLICE_USUAL = 0 };

void slice_set(guint us);
