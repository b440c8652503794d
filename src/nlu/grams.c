/* Two walks over code points: one finds atoms and their hashes, one joins neighbours. Keys of different kinds
 * are salted apart. */
#include "nlu/grams.h"

enum { ATOMS_IN_A_ROW = 3, LETTERS_LEAST = 3, LETTERS_MOST = 5, WORD_MOST = 64, REPEATS_MOST = 3 };
enum { SALT_ATOM = 0x51ed, SALT_LETTERS = 0xa3b1, EDGE = '\1' };

static guint64 mix(guint64 hash, guint64 value)
{
	hash = (hash ^ value) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

typedef struct {
	guint64 hash;
	guint32 start, end;
} Atom;

typedef struct {
	const char *text, *at;
	guint kinds;
	GArray *keys, *spans;
} Walk;

static void put(const Walk *walk, guint64 hash, guint32 start, guint32 end)
{
	guint32 key = (guint32)(hash >> 32) ^ (guint32)hash;

	g_array_append_val(walk->keys, key);
	if (walk->spans) {
		GramSpan span = {start, end};

		g_array_append_val(walk->spans, span);
	}
}

static gboolean is_word(gunichar c)
{
	GUnicodeScript script;

	if (c < 0x80)
		return g_ascii_isalnum((char)c);
	if ((c >= 0x4e00 && c < 0xa000) || (!g_unichar_isalnum(c) && !g_unichar_ismark(c)))
		return FALSE;
	script = g_unichar_get_script(c);
	return script != G_UNICODE_SCRIPT_HAN && script != G_UNICODE_SCRIPT_HIRAGANA &&
	       script != G_UNICODE_SCRIPT_KATAKANA;
}

/* Runs of letters of one word, its edges among them; the word itself is an atom already. */
static void put_letters(const Walk *walk, const gunichar *word, guint n, guint32 start, guint32 end)
{
	for (guint from = 0; from < n; from++) {
		guint64 hash = mix(SALT_LETTERS, word[from]);

		for (guint k = 1; k < LETTERS_MOST && from + k < n; k++) {
			hash = mix(hash, word[from + k]);
			if (k + 1 >= LETTERS_LEAST && k + 1 < n)
				put(walk, hash, start, end);
		}
	}
}

/* The next atom: a word or a character; hash 0 for a space. */
static Atom next_atom(Walk *walk)
{
	gunichar word[WORD_MOST + 2] = {EDGE};
	gunichar c = g_utf8_get_char(walk->at);
	Atom atom = {mix(SALT_ATOM, c), (guint32)(walk->at - walk->text), 0};
	guint n = 1;

	walk->at = g_utf8_next_char(walk->at);
	if (c == ' ')
		atom.hash = 0;
	if (is_word(c)) {
		word[n++] = c;
		while (*walk->at && n <= WORD_MOST && is_word(c = g_utf8_get_char(walk->at))) {
			walk->at = g_utf8_next_char(walk->at);
			if (n > REPEATS_MOST && c == word[n - 1] && c == word[n - 2] &&
			    c == word[n - 3])
				continue;
			word[n++] = c;
			atom.hash = mix(atom.hash, c);
		}
		word[n++] = EDGE;
	}
	atom.end = (guint32)(walk->at - walk->text);
	if (n > 1 && (walk->kinds & GRAMS_LETTERS))
		put_letters(walk, word, n, atom.start, atom.end);
	return atom;
}

static void put_atoms(const Walk *walk, const GArray *atoms)
{
	guint longest = walk->kinds & GRAMS_RUNS ? ATOMS_IN_A_ROW : 1;

	for (guint from = 0; from < atoms->len; from++) {
		guint64 hash = SALT_ATOM;

		for (guint k = 0; k < longest && from + k < atoms->len; k++) {
			const Atom *atom = &g_array_index(atoms, Atom, from + k);

			hash = mix(hash, atom->hash);
			put(walk, hash, g_array_index(atoms, Atom, from).start, atom->end);
		}
	}
}

void grams_append(const char *normal, guint kinds, GArray *keys, GArray *spans)
{
	Walk walk = {normal, normal, kinds, keys, spans};
	g_autoptr(GArray) atoms = g_array_new(FALSE, FALSE, sizeof(Atom));
	guint64 last = 0;
	guint repeats = 0;

	while (*walk.at) {
		Atom atom = next_atom(&walk);

		repeats = atom.hash == last ? repeats + 1 : 0;
		last = atom.hash;
		if (atom.hash && repeats < REPEATS_MOST)
			g_array_append_val(atoms, atom);
	}
	put_atoms(&walk, atoms);
}
