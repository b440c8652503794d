/* MT19937 as published; the ways of drawing are those of NumPy's RandomState. */
#include "ml/random.h"

enum { N = 624, M = 397 };

void random_seed(Random *random, guint32 seed)
{
	for (guint i = 0; i < N; i++) {
		random->state[i] = seed;
		seed = 1812433253U * (seed ^ (seed >> 30)) + i + 1;
	}
	random->next = N;
}

static void refill(Random *random)
{
	guint32 *state = random->state;

	for (guint i = 0; i < N; i++) {
		guint32 y = (state[i] & 0x80000000U) | (state[(i + 1) % N] & 0x7fffffffU);

		state[i] = state[(i + M) % N] ^ (y >> 1) ^ ((y & 1) ? 0x9908b0dfU : 0);
	}
	random->next = 0;
}

guint32 random_next(Random *random)
{
	guint32 y;

	if (random->next == N)
		refill(random);
	y = random->state[random->next++];
	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680U;
	y ^= (y << 15) & 0xefc60000U;
	return y ^ (y >> 18);
}

guint32 random_up_to(Random *random, guint32 most)
{
	guint32 mask = most, value;

	for (guint shift = 1; shift < 32; shift *= 2)
		mask |= mask >> shift;
	if (!most)
		return 0;
	do
		value = random_next(random) & mask;
	while (value > most);
	return value;
}

double random_unit(Random *random)
{
	guint32 high = random_next(random) >> 5, low = random_next(random) >> 6;

	return (high * 67108864.0 + low) / 9007199254740992.0;
}

void random_shuffle(Random *random, guint32 *items, gsize n)
{
	for (gsize i = n; i-- > 1;) {
		gsize j = random_up_to(random, (guint32)i);
		guint32 kept = items[i];

		items[i] = items[j];
		items[j] = kept;
	}
}
