/*
 * The thread that judges customers' messages as they come, and learns when people put something right: the judges
 * of this process, one for all organisations and one for each that corrected something or promoted a classifier of
 * its own (crm/classifiers.h), by whatever process: that is noticed before the next message is judged.
 * The judges are made when the first message needs them.
 * It takes up what a stop or another process left, from the first message on. A correction is learnt within about
 * a second; what was judged before stays as it was.
 * Threads: all functions from any. Ownership: borrows the store. Does not delay a write: messages are judged after
 * their commit. Does not use the encoder: where n-grams are not sure of a message, another process asks it
 * (crm/opinions.h).
 */
#pragma once

#include "nlu/judge.h"
#include "store/store.h"

typedef struct Judging Judging;

Judging *judging_new(Store *store);
/* Waits for what it is at. */
void judging_free(Judging *judging);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judging, judging_free)

/* There is a new message. */
void judging_nudge(Judging *judging);
/* The organisation's corrections, or what it promoted, changed. */
void judging_learn(Judging *judging, const char *org_id);
/* The organisation's judge as it is now, NULL while the first one is being made. Give it back. */
const Judge *judging_borrow(Judging *judging, const char *org_id);
void judging_give_back(Judging *judging);
