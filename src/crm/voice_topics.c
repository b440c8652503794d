/* Messages never change, so which ones were read decides what was found: that is the key of the cache. */
#include "crm/voice_report.h"

#include <string.h>

#include "ml/proportions.h"
#include "nlu/topics.h"
#include "text/mask.h"

enum { KEPT = 8, IMPROVE_MAX = 5 };

typedef struct VoiceTopics {
	char *key;
	Topics *topics;
} VoiceTopics;

struct VoiceCache {
	GMutex lock;
	GQueue *kept; /* of VoiceTopics, the latest used first */
};

/* ---- cache --------------------------------------------------------------------------------------- */

static void found_clear(gpointer data)
{
	VoiceTopics *found = data;

	g_free(found->key);
	topics_free(found->topics);
}

void voice_topics_unref(VoiceTopics *found)
{
	if (found)
		g_rc_box_release_full(found, found_clear);
}

VoiceCache *voice_cache_new(void)
{
	VoiceCache *cache = g_new0(VoiceCache, 1);

	g_mutex_init(&cache->lock);
	cache->kept = g_queue_new();
	return cache;
}

void voice_cache_free(VoiceCache *cache)
{
	if (!cache)
		return;
	g_queue_free_full(cache->kept, (GDestroyNotify)voice_topics_unref);
	g_mutex_clear(&cache->lock);
	g_free(cache);
}

static VoiceTopics *cache_find(VoiceCache *cache, const char *key)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&cache->lock);

	(void)locked;
	for (GList *each = cache->kept->head; each; each = each->next) {
		VoiceTopics *found = each->data;

		if (!g_str_equal(found->key, key))
			continue;
		g_queue_unlink(cache->kept, each);
		g_queue_push_head_link(cache->kept, each);
		return g_rc_box_acquire(found);
	}
	return NULL;
}

static void cache_add(VoiceCache *cache, VoiceTopics *found)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&cache->lock);

	(void)locked;
	g_queue_push_head(cache->kept, g_rc_box_acquire(found));
	if (cache->kept->length > KEPT)
		voice_topics_unref(g_queue_pop_tail(cache->kept));
}

/* ---- which messages ------------------------------------------------------------------------------ */

static gboolean says_something(const VoiceMessage *message)
{
	return !g_str_equal(message->intent, "small_talk") &&
	       !g_str_equal(message->intent, "thanks");
}

/* At most VOICE_TEXTS of each part, evenly spread. */
static GPtrArray *chosen_messages(VoiceReport *report)
{
	GPtrArray *chosen = g_ptr_array_new();
	guint n[N_PARTS] = {0}, at[N_PARTS] = {0};

	for (guint i = 0; i < report->messages->len; i++) {
		const VoiceMessage *message = &g_array_index(report->messages, VoiceMessage, i);

		n[message->part] += says_something(message);
	}
	for (guint i = 0; i < report->messages->len; i++) {
		VoiceMessage *message = &g_array_index(report->messages, VoiceMessage, i);
		guint64 of = n[message->part], most = MIN(of, VOICE_TEXTS), place;

		if (!says_something(message))
			continue;
		place = at[message->part]++;
		if (place * most / of == (place + 1) * most / of)
			continue;
		message->is_read = TRUE;
		report->n_read[message->part]++;
		g_ptr_array_add(chosen, message);
	}
	return chosen;
}

static char *key_of(const Principal *principal, const GPtrArray *chosen)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	g_checksum_update(sum, (const guchar *)principal->org_id, -1);
	for (guint i = 0; i < chosen->len; i++) {
		const VoiceMessage *message = chosen->pdata[i];

		g_checksum_update(sum, (const guchar *)&message->seq, sizeof message->seq);
		g_checksum_update(sum, (const guchar *)message->intent, -1);
	}
	return g_strdup(g_checksum_get_string(sum));
}

static char *without_person(const char *text, const char *name)
{
	const char *const names[] = {name, NULL};
	g_autoptr(Mask) mask = mask_new(names);
	g_autofree char *hidden = mask_hide(mask, text);
	char *out = hidden;

	for (const char *in = hidden; *in; in++) {
		const char *end = *in == '[' ? strchr(in, ']') : NULL;

		if (end)
			in = end;
		else
			*out++ = *in;
	}
	*out = '\0';
	return g_steal_pointer(&hidden);
}

/* Without what tells who somebody is, so that no topic is named after a person. */
static char *text_of(Db *db, gint64 seq, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT m.body, k.name FROM messages m JOIN conversations c ON c.org_id = "
			 "m.org_id AND c.id = m.conversation_id LEFT JOIN contacts k ON k.org_id = "
			 "c.org_id AND k.id = c.contact_id WHERE m.seq = $1",
			 error, "i", seq);

	return rows && db_next(rows, error) ? without_person(db_text(rows, 0), db_text(rows, 1))
					    : NULL;
}

static Topics *find_topics(Db *db, const GPtrArray *chosen, GError **error)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) hints = g_ptr_array_new();

	for (guint i = 0; i < chosen->len; i++) {
		const VoiceMessage *message = chosen->pdata[i];
		g_autoptr(GError) failed = NULL;
		char *text = text_of(db, message->seq, &failed);

		if (failed) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return NULL;
		}
		g_ptr_array_add(texts, text ? text : g_strdup(""));
		g_ptr_array_add(hints, (gpointer)(guintptr)message->intent);
	}
	return topics_find((const char *const *)texts->pdata, (const char *const *)hints->pdata,
			   texts->len);
}

static VoiceTopics *found_in(const Voice *voice, Db *db, const GPtrArray *chosen, GError **error)
{
	g_autofree char *key = key_of(voice->principal, chosen);
	VoiceTopics *found = cache_find(voice->cache, key);
	Topics *topics = found ? NULL : find_topics(db, chosen, error);

	if (found || !topics)
		return found;
	found = g_rc_box_new0(VoiceTopics);
	found->key = g_steal_pointer(&key);
	found->topics = topics;
	cache_add(voice->cache, found);
	return found;
}

/* ---- counting ------------------------------------------------------------------------------------ */

static void count_topics(VoiceReport *report, const Topics *topics, const GPtrArray *chosen)
{
	for (guint i = 0; i < topics->n; i++) {
		VoiceTopic topic = {.words = topics->words[i]};

		g_array_append_val(report->topics, topic);
	}
	for (guint i = 0; i < chosen->len; i++) {
		VoiceMessage *message = chosen->pdata[i];
		VoiceRow *row;

		message->topic = topics->of[i];
		message->near = topics->near[i];
		if (message->topic < 0)
			continue;
		row = &g_array_index(report->topics, VoiceTopic, message->topic).row;
		row->n[message->part]++;
		row->negative[message->part] += g_str_equal(message->mood, "negative");
	}
}

static void compare_topics(VoiceReport *report)
{
	guint n = report->topics->len;
	g_autofree double *p = g_new(double, 2 * (gsize)n + 1);
	const guint *of = report->n_read;

	for (guint i = 0; i < n; i++) {
		VoiceTopic *topic = &g_array_index(report->topics, VoiceTopic, i);
		const VoiceRow *row = &topic->row;

		p[i] = proportions_p(row->n[NOW], of[NOW], row->n[BEFORE], of[BEFORE]);
		p[n + i] = proportions_p(row->negative[NOW], of[NOW], row->negative[BEFORE],
					 of[BEFORE]);
		topic->growth = ((row->negative[NOW] + 1.0) / (of[NOW] + 2.0)) /
				((row->negative[BEFORE] + 1.0) / (of[BEFORE] + 2.0));
		topic->score = row->negative[NOW] * topic->growth;
	}
	proportions_holm(p, n);
	proportions_holm(p + n, n);
	for (guint i = 0; i < n; i++) {
		g_array_index(report->topics, VoiceTopic, i).row.p = p[i];
		g_array_index(report->topics, VoiceTopic, i).row.negative_p = p[n + i];
	}
}

static int by_score(gconstpointer a, gconstpointer b, gpointer data)
{
	const GArray *topics = data;
	guint i = *(const guint *)a, j = *(const guint *)b;
	double x = g_array_index(topics, VoiceTopic, i).score,
	       y = g_array_index(topics, VoiceTopic, j).score;

	return x != y ? (x < y ? 1 : -1) : i < j ? -1 : i > j;
}

static void rank_topics(VoiceReport *report)
{
	for (guint i = 0; i < report->topics->len; i++)
		if (g_array_index(report->topics, VoiceTopic, i).row.negative[NOW])
			g_array_append_val(report->improve, i);
	g_array_sort_with_data(report->improve, by_score, report->topics);
	g_array_set_size(report->improve, MIN(report->improve->len, IMPROVE_MAX));
}

/* ---- quotes -------------------------------------------------------------------------------------- */

static int by_nearness(gconstpointer a, gconstpointer b)
{
	const VoiceMessage *x = *(const VoiceMessage *const *)a,
			   *y = *(const VoiceMessage *const *)b;

	if (x->near != y->near)
		return x->near < y->near ? 1 : -1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* The nearest of this period, each text once: the same words give the same nearness. */
static void choose_quotes(VoiceReport *report, const GPtrArray *chosen)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	g_autofree float *last = g_new0(float, report->topics->len + 1);
	g_autofree guint *n = g_new0(guint, report->topics->len + 1);

	for (guint i = 0; i < chosen->len; i++)
		g_ptr_array_add(sorted, chosen->pdata[i]);
	g_ptr_array_sort(sorted, by_nearness);
	for (guint i = 0; i < sorted->len; i++) {
		const VoiceMessage *message = sorted->pdata[i];
		int t = message->topic;

		if (message->part != NOW || t < 0 || n[t] == VOICE_QUOTES ||
		    (n[t] && message->near == last[t]))
			continue;
		g_array_index(report->topics, VoiceTopic, t).quotes[n[t]++] = message->seq;
		last[t] = message->near;
	}
}

gboolean voice_topics_fill(const Voice *voice, Db *db, VoiceReport *report, GError **error)
{
	g_autoptr(GPtrArray) chosen = chosen_messages(report);

	report->found = found_in(voice, db, chosen, error);
	if (!report->found)
		return FALSE;
	count_topics(report, report->found->topics, chosen);
	compare_topics(report);
	rank_topics(report);
	choose_quotes(report, chosen);
	return TRUE;
}
