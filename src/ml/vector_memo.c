/* Rows lie one after the other as in the file; a table finds them by the hash of the text. */
#include "ml/vector_memo.h"

#include <string.h>

#include "base/error.h"

enum { KEY_BYTES = 16, MAGIC_BYTES = 4, HASH_BYTES = 32 };

static const char magic[] = "ZYV1";
static const char *const probe_text = "知音 zhiyin";

typedef struct {
	guint8 key[KEY_BYTES];
	float vector[ENCODER_DIMENSIONS];
} Row;

struct VectorMemo {
	char *path;
	gboolean opened;
	float probe[ENCODER_DIMENSIONS];
	GArray *rows;	   /* Row */
	GHashTable *index; /* key to number of row + 1 */
	gsize n_read;	   /* rows that stand in the file */
};

static void hash_of(const void *bytes, gsize n, guint8 hash[HASH_BYTES])
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize n_hash = HASH_BYTES;

	g_checksum_update(sum, bytes, (gssize)n);
	g_checksum_get_digest(sum, hash, &n_hash);
}

static guint key_hash(gconstpointer key)
{
	guint start;

	memcpy(&start, key, sizeof start);
	return start;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, KEY_BYTES) == 0;
}

VectorMemo *vector_memo_new(const char *path)
{
	VectorMemo *memo = g_new0(VectorMemo, 1);

	memo->path = g_strdup(path);
	memo->rows = g_array_new(FALSE, FALSE, sizeof(Row));
	memo->index = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
	return memo;
}

void vector_memo_free(VectorMemo *memo)
{
	if (!memo)
		return;
	g_free(memo->path);
	g_array_unref(memo->rows);
	g_hash_table_unref(memo->index);
	g_free(memo);
}

gsize vector_memo_size(const VectorMemo *memo)
{
	return memo->rows->len;
}

static void keep(VectorMemo *memo, const Row *row)
{
	if (memo->rows->len >= VECTOR_MEMO_MAX)
		return;
	g_array_append_vals(memo->rows, row, 1);
	g_hash_table_insert(memo->index, g_memdup2(row->key, KEY_BYTES),
			    GUINT_TO_POINTER(memo->rows->len));
}

static const Row *find(const VectorMemo *memo, const guint8 *key)
{
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(memo->index, key));

	return number ? &g_array_index(memo->rows, Row, number - 1) : NULL;
}

/* ---- file ---------------------------------------------------------------------------------------- */

static void take_rows(VectorMemo *memo, const guint8 *bytes, gsize n)
{
	gsize before = MAGIC_BYTES + sizeof memo->probe, n_rows;
	guint8 hash[HASH_BYTES];

	if (n < before + HASH_BYTES || (n - before - HASH_BYTES) % sizeof(Row) ||
	    memcmp(bytes + MAGIC_BYTES, memo->probe, sizeof memo->probe) != 0)
		return;
	hash_of(bytes, n - HASH_BYTES, hash);
	if (memcmp(hash, bytes + n - HASH_BYTES, HASH_BYTES) != 0)
		return;
	n_rows = (n - before - HASH_BYTES) / sizeof(Row);
	for (gsize i = 0; i < n_rows; i++) {
		Row row;

		memcpy(&row, bytes + before + i * sizeof row, sizeof row);
		if (!find(memo, row.key))
			keep(memo, &row);
	}
	memo->n_read = memo->rows->len;
}

static gboolean read_file(VectorMemo *memo, GError **error)
{
	g_autoptr(GMappedFile) file =
		memo->path ? g_mapped_file_new(memo->path, FALSE, NULL) : NULL;
	gsize n = file ? g_mapped_file_get_length(file) : 0;
	const guint8 *bytes = n ? (const guint8 *)g_mapped_file_get_contents(file) : NULL;

	if (n && (n < MAGIC_BYTES || memcmp(bytes, magic, MAGIC_BYTES) != 0)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s is no file of vectors; name another one", memo->path);
		return FALSE;
	}
	if (n)
		take_rows(memo, bytes, n);
	return TRUE;
}

gboolean vector_memo_save(const VectorMemo *memo, GError **error)
{
	g_autoptr(GByteArray) out = NULL;
	guint8 hash[HASH_BYTES];

	if (!memo || !memo->path || memo->rows->len == memo->n_read)
		return TRUE;
	out = g_byte_array_new();
	g_byte_array_append(out, (const guint8 *)magic, MAGIC_BYTES);
	g_byte_array_append(out, (const guint8 *)memo->probe, sizeof memo->probe);
	g_byte_array_append(out, (const guint8 *)memo->rows->data,
			    memo->rows->len * (guint)sizeof(Row));
	hash_of(out->data, out->len, hash);
	g_byte_array_append(out, hash, sizeof hash);
	return g_file_set_contents_full(memo->path, (const char *)out->data, (gssize)out->len,
					G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* ---- encoding ------------------------------------------------------------------------------------ */

static gboolean open_once(VectorMemo *memo, const Encoder *encoder, GError **error)
{
	if (memo->opened)
		return TRUE;
	memo->opened = encoder_encode(encoder, ENCODER_QUERY, &probe_text, 1, memo->probe, error) &&
		       read_file(memo, error);
	return memo->opened;
}

typedef struct {
	Row *rows;	    /* n: with their keys */
	const char **texts; /* of those that are new, each once */
	guint *places;	    /* n: of the row among them */
	gsize n_new;
} Unknown;

static void unknown_clear(Unknown *u)
{
	g_free(u->rows);
	g_free(u->texts);
	g_free(u->places);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Unknown, unknown_clear)

/* vectors of known texts are set. */
static void look_up(const VectorMemo *memo, const char *const *texts, gsize n, float *vectors,
		    Unknown *u)
{
	*u = (Unknown){g_new(Row, n + 1), g_new(const char *, n + 1), g_new(guint, n + 1), 0};
	for (gsize i = 0; i < n; i++) {
		guint8 hash[HASH_BYTES];
		const Row *row;

		hash_of(texts[i], strlen(texts[i]), hash);
		row = find(memo, hash);
		if (row) {
			memcpy(vectors + i * ENCODER_DIMENSIONS, row->vector, sizeof row->vector);
			continue;
		}
		memcpy(u->rows[u->n_new].key, hash, KEY_BYTES);
		u->places[u->n_new] = (guint)i;
		u->texts[u->n_new++] = texts[i];
	}
}

gboolean vector_memo_encode(VectorMemo *memo, const Encoder *encoder, const char *const *texts,
			    gsize n, float *vectors, GError **error)
{
	g_autofree float *fresh = NULL;
	g_auto(Unknown) u = {0};

	if (!memo)
		return encoder_encode(encoder, ENCODER_QUERY, texts, n, vectors, error);
	if (!open_once(memo, encoder, error))
		return FALSE;
	look_up(memo, texts, n, vectors, &u);
	fresh = g_new(float, u.n_new *ENCODER_DIMENSIONS + 1);
	if (!encoder_encode(encoder, ENCODER_QUERY, u.texts, u.n_new, fresh, error))
		return FALSE;
	for (gsize k = 0; k < u.n_new; k++) {
		memcpy(u.rows[k].vector, fresh + k * ENCODER_DIMENSIONS, sizeof u.rows[k].vector);
		memcpy(vectors + (gsize)u.places[k] * ENCODER_DIMENSIONS, u.rows[k].vector,
		       sizeof u.rows[k].vector);
		if (!find(memo, u.rows[k].key))
			keep(memo, &u.rows[k]);
	}
	return TRUE;
}
