/* The report in sentences, written from its numbers. Says nothing that is not counted below. */
import type { ReactNode } from 'react';
import type { VoiceReport } from '../../../shared/api/types.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { rich } from '../../common/i18n/rich.tsx';
import { intentText } from '../../common/mood/Mood.tsx';
import { Num, usePercent } from './Figures.tsx';
import { topicName } from './voiceQuery.ts';

export function VoiceText({ report }: { report: VoiceReport }) {
  const { t } = useI18n();
  const percent = usePercent();
  const num = (n: number, words: Record<string, string> = {}): ReactNode => <Num report={report} n={n} words={words} />;
  const negative = report.moods.find((row) => row.mood === 'negative');
  const intent = report.intents[0];
  const place = report.improve[0];
  const topic = place === undefined ? undefined : report.topics[place];
  const rising = report.topics.flatMap((each, index) => (each.change === 'up' ? [{ each, index }] : []))[0];
  return (
    <div className="voice-text">
      <p>{rich(t, 'voice.text_all', { from: report.from, to: report.to, count: num(report.n), before: num(report.n_before, { part: 'before' }), days: report.days }, report.n)}</p>
      {negative && (
        <p>{rich(t, `voice.text_negative_${negative.change}`, {
          count: num(negative.n, { mood: 'negative' }), share: percent(negative.share),
          before: num(negative.n_before, { mood: 'negative', part: 'before' }), share_before: percent(negative.share_before),
        }, negative.n)}</p>
      )}
      {report.urgent.n > 0 && <p>{rich(t, 'voice.text_urgent', { count: num(report.urgent.n, { urgent: 'true' }) }, report.urgent.n)}</p>}
      {intent && <p>{rich(t, 'voice.text_intent', { intent: intentText(intent.intent, t), count: num(intent.n, { intent: intent.intent }), share: percent(intent.share) }, intent.n)}</p>}
      {rising && <p>{rich(t, 'voice.text_rising', { topic: <q>{topicName(rising.each)}</q>, count: num(rising.each.n, { topic: String(rising.index) }), before: num(rising.each.n_before, { topic: String(rising.index), part: 'before' }) }, rising.each.n)}</p>}
      {topic && (
        <p>{rich(t, 'voice.text_improve', {
          topic: <q>{topicName(topic)}</q>, count: num(topic.negative, { topic: String(place), mood: 'negative' }),
          before: num(topic.negative_before, { topic: String(place), mood: 'negative', part: 'before' }),
        }, topic.negative)}</p>
      )}
    </div>
  );
}
