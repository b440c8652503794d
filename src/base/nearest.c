/* Words that resemble each other: Damerau-Levenshtein over three rows, since words are short and
 * lists too. */
#include "base/nearest.h"

#include <string.h>

enum { WORD_MAX = 64 };

typedef struct {
	guint row[3][WORD_MAX + 1]; /* distances of the last two rows and this one */
} Distances;

static guint cell(const Distances *d, const char *a, const char *b, gsize i, gsize j)
{
	const guint *above = d->row[(i + 2) % 3];
	const guint *here = d->row[i % 3];
	guint best = MIN(above[j], here[j - 1]) + 1;

	best = MIN(best, above[j - 1] + (a[i - 1] != b[j - 1]));
	if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
		best = MIN(best, d->row[(i + 1) % 3][j - 2] + 1);
	return best;
}

guint word_distance(const char *a, const char *b)
{
	gsize n = MIN(strlen(a), (gsize)WORD_MAX);
	gsize m = MIN(strlen(b), (gsize)WORD_MAX);
	Distances d = {0};

	for (gsize j = 0; j <= m; j++)
		d.row[0][j] = (guint)j;
	for (gsize i = 1; i <= n; i++) {
		d.row[i % 3][0] = (guint)i;
		for (gsize j = 1; j <= m; j++)
			d.row[i % 3][j] = cell(&d, a, b, i, j);
	}
	return d.row[n % 3][m];
}

const char *word_nearer(const char *wanted, const char *best, const char *word)
{
	guint distance = word_distance(wanted, word);

	if (distance > MAX(2u, (guint)strlen(word) / 3) || distance >= strlen(word))
		return best;
	return !best || distance < word_distance(wanted, best) ? word : best;
}
