/* Mood over time of a contact: one point a message, above the line good, below it bad. The text beside it says the same. */
import { useQuery } from '@tanstack/react-query';
import type { Judgement } from '../../../shared/api/types.ts';
import { count } from '../../../shared/number.ts';
import { dayName } from '../../../shared/time.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useNow } from '../../common/now.ts';
import { moodOf } from '../../common/mood/Mood.tsx';

const WIDTH = 240;
const HEIGHT = 40;
const EDGE = 4;
const VALUES = { positive: 1, neutral: 0, negative: -1 };

/* -1 to 1: what a person said counts whole. */
function strengthOf(judgement: Judgement): number {
  return judgement.corrected_mood ? VALUES[judgement.corrected_mood] : judgement.strength;
}

function points(items: Judgement[]): [number, number][] {
  const step = (WIDTH - 2 * EDGE) / Math.max(1, items.length - 1);
  return items.map((each, index) => [EDGE + index * step, HEIGHT / 2 - strengthOf(each) * (HEIGHT / 2 - EDGE)]);
}

export function MoodLine({ contactId }: { contactId: string }) {
  const { t, language } = useI18n();
  const now = useNow();
  const items = useQuery({ queryKey: ['contact-judgements', contactId], queryFn: ({ signal }) => api.contactJudgements(contactId, signal) }).data?.items ?? [];
  const first = items[0];
  const last = items[items.length - 1];
  if (!first || !last || items.length < 2) return null;
  const of = (mood: Judgement['mood']): string => count(items.filter((each) => moodOf(each) === mood).length, language);
  const at = points(items);
  const text = t('mood.line', {
    n: items.length, positive: of('positive'), neutral: of('neutral'), negative: of('negative'), last: t(`mood.${moodOf(last)}`), since: dayName(first.at, now, language),
  });
  return (
    <figure className="mood-line">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={text}>
        <line x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} className="mood-line-zero" />
        <polyline points={at.map((point) => point.join(',')).join(' ')} className="mood-line-path" />
        {at.map(([x, y], index) => <circle key={items[index]?.message_id} cx={x} cy={y} r="2.5" className={`mood-point mood-point-${moodOf(items[index] ?? last)}`} />)}
      </svg>
      <figcaption className="muted small" aria-hidden>{text}</figcaption>
    </figure>
  );
}
