#include "llm/masks.h"

typedef struct {
	char *conversation;
	Mask *mask;
	gint64 used_us;
} Kept;

struct Masks {
	GMutex mutex;
	GQueue kept; /* Kept *, the latest first */
};

static void kept_free(gpointer data)
{
	Kept *kept = data;

	g_free(kept->conversation);
	mask_free(kept->mask);
	g_free(kept);
}

Masks *masks_new(void)
{
	Masks *masks = g_new0(Masks, 1);

	g_mutex_init(&masks->mutex);
	g_queue_init(&masks->kept);
	return masks;
}

void masks_free(Masks *masks)
{
	if (!masks)
		return;
	g_queue_clear_full(&masks->kept, kept_free);
	g_mutex_clear(&masks->mutex);
	g_free(masks);
}

static GList *find(Masks *masks, const char *conversation)
{
	for (GList *at = masks->kept.head; at; at = at->next)
		if (g_str_equal(((const Kept *)at->data)->conversation, conversation))
			return at;
	return NULL;
}

/* Those that nobody used for long, and those that are too many. */
static void drop_old(Masks *masks, gint64 now_us)
{
	const Kept *last;

	while ((last = g_queue_peek_tail(&masks->kept)) &&
	       (masks->kept.length > MASKS_MAX || now_us - last->used_us > MASKS_KEPT_US))
		kept_free(g_queue_pop_tail(&masks->kept));
}

Mask *masks_take(Masks *masks, const char *conversation, const char *const *names, gint64 now_us)
{
	Mask *mask = NULL;
	GList *at;

	g_mutex_lock(&masks->mutex);
	drop_old(masks, now_us);
	at = conversation ? find(masks, conversation) : NULL;
	if (at) {
		mask = g_steal_pointer(&((Kept *)at->data)->mask);
		kept_free(at->data);
		g_queue_delete_link(&masks->kept, at);
	}
	g_mutex_unlock(&masks->mutex);
	if (!mask)
		return mask_new(names);
	mask_add_names(mask, names);
	return mask;
}

void masks_return(Masks *masks, const char *conversation, Mask *mask, gint64 now_us)
{
	Kept *kept;

	if (!conversation) {
		mask_free(mask);
		return;
	}
	kept = g_new0(Kept, 1);
	*kept = (Kept){g_strdup(conversation), mask, now_us};
	g_mutex_lock(&masks->mutex);
	/* of two calls at once the first keeps its numbers */
	if (find(masks, conversation))
		kept_free(kept);
	else
		g_queue_push_head(&masks->kept, kept);
	drop_old(masks, now_us);
	g_mutex_unlock(&masks->mutex);
}
