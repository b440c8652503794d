/* Two passes: what the machines that train have cores for; sums over passes go in their order. */
#include "ml/finetune_team.h"

#include <string.h>

#define MODEL WEIGHTS_DIMENSIONS

enum { N_PASSES = 2 };

typedef struct {
	FinetunePass *pass;
	GArray *sequences; /* Sequence */
	GArray *places;	   /* guint: which vector of the step each is */
	gsize n_tokens;
	float *vectors, *d_vectors; /* sequences x 384 */
	float *gradient;
	gboolean backward;
} Part;

struct FinetuneTeam {
	Finetune *finetune;
	Part parts[N_PASSES];
	gsize n_values;
};

void finetune_team_free(FinetuneTeam *team)
{
	if (!team)
		return;
	for (int p = 0; p < N_PASSES; p++) {
		Part *part = &team->parts[p];

		g_clear_pointer(&part->pass, finetune_pass_free);
		g_clear_pointer(&part->sequences, g_array_unref);
		g_clear_pointer(&part->places, g_array_unref);
		g_free(part->vectors);
		g_free(part->d_vectors);
		g_free(part->gradient);
	}
	g_clear_pointer(&team->finetune, finetune_free);
	g_free(team);
}

FinetuneTeam *finetune_team_new(const Weights *weights, const Adapter *adapter, gsize max_tokens,
				GError **error)
{
	g_autoptr(FinetuneTeam) team = g_new0(FinetuneTeam, 1);
	/* parts differ by less than a sequence */
	gsize room = max_tokens / N_PASSES + weights_shape(weights)->n_positions;

	team->n_values = adapter->n;
	team->finetune = finetune_new(weights, adapter, error);
	if (!team->finetune)
		return NULL;
	for (int p = 0; p < N_PASSES; p++) {
		Part *part = &team->parts[p];

		part->pass = finetune_pass_new(team->finetune, room);
		part->sequences = g_array_new(FALSE, FALSE, sizeof(Sequence));
		part->places = g_array_new(FALSE, FALSE, sizeof(guint));
		part->gradient = g_new0(float, adapter->n);
	}
	return g_steal_pointer(&team);
}

static gpointer part_work(gpointer data)
{
	Part *part = data;

	if (part->backward)
		finetune_backward(part->pass, part->d_vectors, part->gradient);
	else
		finetune_forward(part->pass, (const Sequence *)(gpointer)part->sequences->data,
				 part->sequences->len, part->vectors);
	return NULL;
}

static void team_work(FinetuneTeam *team, gboolean backward)
{
	GThread *threads[N_PASSES] = {NULL};

	for (int p = 0; p < N_PASSES; p++) {
		team->parts[p].backward = backward;
		if (p && team->parts[p].sequences->len)
			threads[p] = g_thread_new("finetune", part_work, &team->parts[p]);
	}
	if (team->parts[0].sequences->len)
		part_work(&team->parts[0]);
	for (int p = 1; p < N_PASSES; p++)
		if (threads[p])
			g_thread_join(threads[p]);
}

/* Each sequence to the part that has less to do. */
static void team_deal(FinetuneTeam *team, const Sequence *sequences, guint n)
{
	for (int p = 0; p < N_PASSES; p++) {
		g_array_set_size(team->parts[p].sequences, 0);
		g_array_set_size(team->parts[p].places, 0);
		team->parts[p].n_tokens = 0;
	}
	for (guint i = 0; i < n; i++) {
		Part *part = &team->parts[0];

		for (int p = 1; p < N_PASSES; p++)
			if (team->parts[p].n_tokens < part->n_tokens)
				part = &team->parts[p];
		g_array_append_val(part->sequences, sequences[i]);
		g_array_append_val(part->places, i);
		part->n_tokens += sequences[i].n;
	}
	for (int p = 0; p < N_PASSES; p++) {
		Part *part = &team->parts[p];
		gsize room = part->sequences->len * (gsize)MODEL + 1;

		part->vectors = g_renew(float, part->vectors, room);
		part->d_vectors = g_renew(float, part->d_vectors, room);
	}
}

void finetune_team_forward(FinetuneTeam *team, const Sequence *sequences, guint n, float *vectors)
{
	team_deal(team, sequences, n);
	team_work(team, FALSE);
	for (int p = 0; p < N_PASSES; p++) {
		const Part *part = &team->parts[p];

		for (guint i = 0; i < part->places->len; i++)
			memcpy(vectors + (gsize)g_array_index(part->places, guint, i) * MODEL,
			       part->vectors + (gsize)i * MODEL, MODEL * sizeof(float));
	}
}

void finetune_team_backward(FinetuneTeam *team, const float *d_vectors, float *gradient)
{
	for (int p = 0; p < N_PASSES; p++) {
		Part *part = &team->parts[p];

		memset(part->gradient, 0, team->n_values * sizeof(float));
		for (guint i = 0; i < part->places->len; i++)
			memcpy(part->d_vectors + (gsize)i * MODEL,
			       d_vectors + (gsize)g_array_index(part->places, guint, i) * MODEL,
			       MODEL * sizeof(float));
	}
	team_work(team, TRUE);
	memcpy(gradient, team->parts[0].gradient, team->n_values * sizeof(float));
	for (int p = 1; p < N_PASSES; p++)
		for (gsize i = 0; i < team->n_values; i++)
			gradient[i] += team->parts[p].gradient[i];
}
