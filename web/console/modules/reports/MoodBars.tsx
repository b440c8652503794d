/* Moods by day or week as bars that stand on each other, and the same as a table. */
import { Link, useLocation } from 'wouter';
import type { Mood, VoiceReport } from '../../../shared/api/types.ts';
import { count } from '../../../shared/number.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { listHref } from './voiceQuery.ts';

const ORDER: Mood[] = ['negative', 'neutral', 'positive'];
const WIDTH = 720;
const HEIGHT = 140;
const GAP = 2;
type Step = VoiceReport['steps'][number];

function total(step: Step): number {
  return step.positive + step.neutral + step.negative;
}

function stepText(step: Step): string {
  return step.from === step.to ? step.from : `${step.from} – ${step.to}`;
}

function Bar({ step, x, width, scale }: { step: Step; x: number; width: number; scale: number }) {
  let y = HEIGHT;
  return (
    <>
      {ORDER.map((mood) => {
        y -= step[mood] * scale;
        return <rect key={mood} x={x} y={y} width={width} height={step[mood] * scale} className={`mood-bar mood-bar-${mood}`} />;
      })}
    </>
  );
}

function Chart({ report, most }: { report: VoiceReport; most: number }) {
  const { t, language } = useI18n();
  const [, navigate] = useLocation();
  const width = WIDTH / report.steps.length;
  const label = t('voice.chart', { most: count(most, language) });
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} className="mood-bars">
      {report.steps.map((step, index) => (
        <g key={step.from} onClick={() => navigate(listHref(report, { from: step.from, to: step.to }))}>
          <title>{t('voice.step', { when: stepText(step), positive: step.positive, neutral: step.neutral, negative: step.negative })}</title>
          <rect x={index * width} y={0} width={width} height={HEIGHT} className="mood-bar-room" />
          <Bar step={step} x={index * width + GAP / 2} width={Math.max(1, width - GAP)} scale={(HEIGHT - GAP) / most} />
        </g>
      ))}
    </svg>
  );
}

export function MoodBars({ report }: { report: VoiceReport }) {
  const { t, language } = useI18n();
  const most = Math.max(1, ...report.steps.map(total));
  const first = report.steps[0];
  const last = report.steps[report.steps.length - 1];
  return (
    <figure className="mood-figure">
      <figcaption className="small">
        {ORDER.map((mood) => <span key={mood} className="mood-key"><span className={`mood-swatch mood-bar-${mood}`} aria-hidden />{t(`mood.${mood}`)}</span>)}
        <span className="muted">{t(`voice.scale_${report.step}`, { most: count(most, language) })}</span>
      </figcaption>
      <Chart report={report} most={most} />
      <div className="mood-axis muted small" aria-hidden><span>{first?.from}</span><span>{last?.to}</span></div>
      <details>
        <summary className="small">{t('voice.as_table')}</summary>
        <table className="voice-table">
          <thead><tr>{[t(`voice.${report.step}`), ...ORDER.map((mood) => t(`mood.${mood}`))].map((each) => <th key={each} scope="col">{each}</th>)}</tr></thead>
          <tbody>
            {report.steps.map((step) => (
              <tr key={step.from}>
                <th scope="row">{stepText(step)}</th>
                {ORDER.map((mood) => <td key={mood}><Link className="voice-number" href={listHref(report, { from: step.from, to: step.to, mood })}>{count(step[mood], language)}</Link></td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
