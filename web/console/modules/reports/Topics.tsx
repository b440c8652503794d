/* What customers write about, with typical words of theirs, and what to improve first. */
import { Link } from 'wouter';
import type { VoiceReport, VoiceTopic } from '../../../shared/api/types.ts';
import { count } from '../../../shared/number.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { rich } from '../../common/i18n/rich.tsx';
import { Time } from '../../common/ui/Time.tsx';
import { ChangeText, Num } from './Figures.tsx';
import { topicName } from './voiceQuery.ts';

interface TopicProps {
  report: VoiceReport;
  topic: VoiceTopic;
  place: number;
}

function Quotes({ topic }: { topic: VoiceTopic }) {
  return (
    <ul className="voice-quotes">
      {topic.quotes.map((quote) => (
        <li key={quote.message_id}><blockquote>{quote.text}</blockquote> <Link href={`/inbox/all/${quote.conversation_id}`} className="small"><Time at={quote.at} /></Link></li>
      ))}
    </ul>
  );
}

function Topic({ report, topic, place }: TopicProps) {
  const { t } = useI18n();
  const words = { topic: String(place) };
  return (
    <li className="voice-topic">
      <h3>{topicName(topic)}</h3>
      <p>
        {rich(t, 'voice.topic_counts', { count: <Num report={report} n={topic.n} words={words} />, before: <Num report={report} n={topic.n_before} words={{ ...words, part: 'before' }} /> }, topic.n)}
        {' '}<ChangeText change={topic.change} p={topic.p} />
      </p>
      <Quotes topic={topic} />
    </li>
  );
}

export function Topics({ report }: { report: VoiceReport }) {
  const { t } = useI18n();
  if (report.topics.length === 0) return <p className="muted">{t('voice.no_topics')}</p>;
  return (
    <>
      <p className="muted small">{t('voice.topics_hint', { n: report.n_read + report.n_read_before })}</p>
      <ol className="voice-topics">{report.topics.map((topic, place) => <Topic key={topicName(topic)} report={report} topic={topic} place={place} />)}</ol>
    </>
  );
}

function Improvement({ report, topic, place }: TopicProps) {
  const { t, language } = useI18n();
  const words = { topic: String(place), mood: 'negative' };
  return (
    <li>
      <strong>{topicName(topic)}</strong>
      <p>
        {rich(t, 'voice.improve_counts', {
          count: <Num report={report} n={topic.negative} words={words} />, before: <Num report={report} n={topic.negative_before} words={{ ...words, part: 'before' }} />,
          growth: count(topic.growth, language, 2), score: count(topic.score, language, 1),
        }, topic.negative)}
        {' '}<ChangeText change={topic.negative_change} p={topic.negative_p} />
      </p>
    </li>
  );
}

export function Improve({ report }: { report: VoiceReport }) {
  const { t, language } = useI18n();
  const rows = report.improve.flatMap((place) => (report.topics[place] ? [{ place, topic: report.topics[place] }] : []));
  if (rows.length === 0) return <p className="muted">{t('voice.nothing_to_improve')}</p>;
  return (
    <>
      <p className="muted small">{t('voice.improve_hint', { n: count(report.n_read, language), n_before: count(report.n_read_before, language) })}</p>
      <ol className="voice-improve">{rows.map(({ place, topic }) => <Improvement key={place} report={report} topic={topic} place={place} />)}</ol>
    </>
  );
}
