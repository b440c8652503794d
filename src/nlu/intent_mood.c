/*
 * Moods: words with weights, summed clause by clause. A negation turns the next words of its clause
 * around, and faults ("broken") count only where nothing is asked, since half of all questions to a
 * shop are about something broken.
 */
#include "nlu/intent_mood.h"

#include <string.h>

#include "nlu/intent_phrases.h"
#include "nlu/intent_rules.h"

/* Weights are -2..2; these are no weights. */
enum { MOOD_NONE = 0, MOOD_NOT = 10, MOOD_VERY = 11, MOOD_FAULT = 12, MOOD_ASKS = 13 };
enum { NOT_REACH = 3 /* words, or characters of Chinese, that a negation reaches over */ };

typedef struct {
	int sum;
	int clause;    /* of the present clause, without faults */
	int n_faults;  /* in the present clause */
	gboolean asks; /* the present clause is a question */
	int reach;     /* what is left of the last negation's reach */
	int boost;
} Mood;

static PhraseSet *mood_build(void)
{
	static const PhraseRow rows[] = {
#define MOOD(value, phrases) {value, phrases},
#include "nlu/intent_mood.def"
	};

	return phrases_new(rows, G_N_ELEMENTS(rows));
}

static void mood_end_clause(Mood *mood)
{
	mood->sum += mood->clause - (mood->asks ? 0 : mood->n_faults);
	mood->clause = mood->n_faults = mood->reach = mood->boost = 0;
	mood->asks = FALSE;
}

static void mood_weigh(Mood *mood, int weight)
{
	int value = weight * (1 + mood->boost);

	/* "Not good" is bad, "not bad" is merely fine. */
	if (mood->reach > 0)
		value = weight > 0 ? -value : 1;
	mood->clause += value;
	mood->reach = mood->boost = 0;
}

static void mood_phrase(Mood *mood, int value)
{
	switch (value) {
	case MOOD_NOT:
		mood->reach = mood->reach > 0 ? 0 : NOT_REACH + 1;
		return;
	case MOOD_VERY:
		mood->boost = 1;
		return;
	case MOOD_FAULT:
		mood->n_faults += mood->reach > 0 ? 0 : 1;
		return;
	case MOOD_ASKS:
		mood->asks = TRUE;
		return;
	case MOOD_NONE:
		return;
	default:
		mood_weigh(mood, value);
	}
}

/* Past a word of letters and digits, or one character. */
static const char *mood_skip(Mood *mood, const char *p)
{
	if (*p == ' ')
		return p + 1;
	mood->reach--;
	if (!g_ascii_isalnum(*p))
		return p + g_utf8_skip[(guchar)*p];
	while (g_ascii_isalnum(*p))
		p++;
	return p;
}

static int mood_sum(const char *plain)
{
	static PhraseSet *phrases;
	Mood mood = {0};

	if (g_once_init_enter(&phrases))
		g_once_init_leave(&phrases, mood_build());
	for (const char *p = plain; *p;) {
		int value = MOOD_NONE;
		gsize n = *p == ';' ? 0 : phrases_find(phrases, p, &value);

		if (n)
			mood_phrase(&mood, value);
		if (*p == ';')
			mood_end_clause(&mood);
		p = n ? p + n : *p == ';' ? p + 1 : mood_skip(&mood, p);
	}
	return mood.sum;
}

/* Signs that the plain form no longer has: emoji and piled-up exclamation marks. */
static int signs_sum(const char *text, gboolean *ret_exclaims)
{
	static const gunichar good[] = {0x1F44D, 0x1F600, 0x1F601, 0x1F603, 0x1F604, 0x1F60A,
					0x1F60D, 0x1F618, 0x2764,  0x1F389, 0x1F339, 0x1F64F,
					0x1F970, 0x1F44F, 0x1F497, 0x263A,  0x1F44C};
	static const gunichar bad[] = {0x1F621, 0x1F620, 0x1F92C, 0x1F44E, 0x1F62D, 0x1F622,
				       0x1F624, 0x1F612, 0x1F644, 0x1F4A9, 0x1F595, 0x1F629,
				       0x1F62B, 0x1F61E, 0x1F61F, 0x1F494};
	int sum = 0;

	*ret_exclaims = strstr(text, "!!") != NULL;
	for (const char *p = text; *p; p += g_utf8_skip[(guchar)*p]) {
		gunichar c = g_utf8_get_char(p);

		for (gsize i = 0; c > 0x2000 && i < G_N_ELEMENTS(good); i++)
			sum += c == good[i];
		for (gsize i = 0; c > 0x2000 && i < G_N_ELEMENTS(bad); i++)
			sum -= c == bad[i];
	}
	return sum;
}

/* A threat in a clause that calmly asks how, where or whether is none. */
static gboolean is_threat(const char *plain)
{
	for (const char *p = plain, *end; (end = strchr(p + 1, ';')); p = end) {
		gssize n = end - p + 1;

		if (rules_match(RULE_THREAT, p, n) && !rules_match(RULE_CALM, p, n))
			return TRUE;
	}
	return FALSE;
}

void mood_judge(const char *text, const char *plain, Sentiment *ret_sentiment, gboolean *ret_angry)
{
	gboolean exclaims;
	g_autofree char *valid =
		g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
	int sum = mood_sum(plain) + signs_sum(valid ? valid : text, &exclaims);

	*ret_angry = rules_match(RULE_ANGRY, plain, -1) || is_threat(plain) ||
		     (exclaims && sum <= 0 && rules_match(RULE_DEMAND, plain, -1));
	*ret_sentiment = *ret_angry || sum < 0 ? SENTIMENT_NEGATIVE
			 : sum > 0	       ? SENTIMENT_POSITIVE
					       : SENTIMENT_NEUTRAL;
}
