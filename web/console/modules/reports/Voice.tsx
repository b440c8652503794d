/* What customers say: a period beside the one before it. On the screen, on paper, as a table. */
import { DownloadOutlined, PrinterOutlined } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Button, Input, Segmented, Select } from 'antd';
import type { ReactNode } from 'react';
import { apiPath } from '../../../shared/api/client.ts';
import type { VoiceReport } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n, type Translate } from '../../common/i18n/I18n.tsx';
import { usePageTitle } from '../../common/live/Live.tsx';
import { ASPECTS, aspectText, intentText, MOODS } from '../../common/mood/Mood.tsx';
import { EmptyState, ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useQueryState } from '../../common/ui/useQueryState.ts';
import { ChangeText, CountTable, Num } from './Figures.tsx';
import { MoodBars } from './MoodBars.tsx';
import { Improve, Topics } from './Topics.tsx';
import { VoiceText } from './VoiceText.tsx';
import { DAYS, DAYS_DEFAULT, PERIOD, usePick } from './voiceQuery.ts';

const CUSTOM = 'custom';

function channelText(channel: string, t: Translate): string {
  return channel === 'web' ? t('channel.web') : channel === 'api' ? t('channel.api') : channel;
}

function Days({ report }: { report: VoiceReport | undefined }) {
  const { t } = useI18n();
  const [get, set] = useQueryState();
  const from = get('from');
  const choose = (value: string): void => {
    if (value === CUSTOM) set({ days: '', from: report?.from ?? '', to: report?.to ?? '' });
    else set({ days: value, from: '', to: '' });
  };
  return (
    <>
      <Segmented aria-label={t('voice.period')} value={from ? CUSTOM : get('days') || DAYS_DEFAULT} onChange={choose}
        options={[...DAYS.map((value) => ({ value: value as string, label: t('voice.last_days', { n: Number(value) }) })), { value: CUSTOM, label: t('voice.from_to') }]} />
      {from && (['from', 'to'] as const).map((name) => (
        <Input key={name} type="date" className="voice-date" aria-label={t(`voice.${name}`)} value={get(name)} onChange={(event) => event.target.value && set({ [name]: event.target.value })} />
      ))}
    </>
  );
}

function Controls({ report }: { report: VoiceReport | undefined }) {
  const { t, language } = useI18n();
  const [get, set] = useQueryState();
  const query = usePick(PERIOD);
  const channels = report?.channels ?? [];
  const aspects = report?.aspects ?? [];
  return (
    <div className="toolbar no-print">
      <Days report={report} />
      {(channels.length > 1 || get('channel')) && (
        <Select aria-label={t('voice.channel')} className="voice-channel" value={get('channel')} onChange={(channel: string) => set({ channel })}
          options={[{ value: '', label: t('voice.all_channels') }, ...channels.map((value) => ({ value, label: channelText(value, t) }))]} />
      )}
      {(aspects.length > 0 || get('aspect')) && (
        <Select aria-label={t('voice.aspect')} className="voice-channel" value={get('aspect')} onChange={(aspect: string) => set({ aspect })}
          options={[{ value: '', label: t('voice.all_aspects') }, ...ASPECTS.map((value) => ({ value: value as string, label: t(`aspect.${value}`) }))]} />
      )}
      <Button icon={<PrinterOutlined />} onClick={() => window.print()}>{t('voice.print')}</Button>
      <Button icon={<DownloadOutlined />} href={apiPath('/reports/voice/table', { ...query, language })}>{t('voice.table')}</Button>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card voice-section" aria-label={title}>
      <h2 className="section-title">{title}</h2>
      {children}
    </section>
  );
}

function Report({ report }: { report: VoiceReport }) {
  const { t } = useI18n();
  const moods = report.moods.map((row) => ({ key: row.mood, name: <>{MOODS[row.mood]} {t(`mood.${row.mood}`)}</>, row, words: { mood: row.mood } }));
  const intents = report.intents.map((row) => ({
    key: row.intent, name: intentText(row.intent, t), row, words: { intent: row.intent },
    extra: [
      <Num key="n" report={report} n={row.negative} words={{ intent: row.intent, mood: 'negative' }} />,
      <Num key="before" report={report} n={row.negative_before} words={{ intent: row.intent, mood: 'negative', part: 'before' }} />,
      <ChangeText key="change" change={row.negative_change} p={row.negative_p} />,
    ],
  }));
  const aspects = report.aspects.map((row) => ({
    key: row.aspect, name: aspectText(row.aspect, t), row, words: { aspect: row.aspect },
    extra: [
      <Num key="positive" report={report} n={row.positive} words={{ aspect: row.aspect, aspect_mood: 'positive' }} />,
      <Num key="negative" report={report} n={row.negative} words={{ aspect: row.aspect, aspect_mood: 'negative' }} />,
      <Num key="before" report={report} n={row.negative_before} words={{ aspect: row.aspect, aspect_mood: 'negative', part: 'before' }} />,
      <ChangeText key="change" change={row.negative_change} p={row.negative_p} />,
    ],
  }));
  return (
    <>
      <Section title={t('voice.summary')}><VoiceText report={report} /></Section>
      <Section title={t('voice.improve')}><Improve report={report} /></Section>
      <Section title={t('voice.moods')}>
        <CountTable report={report} label={t('voice.moods')} of={t('voice.mood')} rows={[...moods, { key: 'urgent', name: t('mood.urgent'), row: report.urgent, words: { urgent: 'true' } }]} />
        <MoodBars report={report} />
      </Section>
      <Section title={t('voice.topics')}><Topics report={report} /></Section>
      {aspects.length > 0 && (
        <Section title={t('voice.aspects')}>
          <CountTable report={report} label={t('voice.aspects')} of={t('voice.aspect')} rows={aspects} columns={[t('mood.positive'), t('voice.unhappy'), t('voice.unhappy_before'), t('voice.unhappy_change')]} />
        </Section>
      )}
      <Section title={t('voice.intents')}>
        <CountTable report={report} label={t('voice.intents')} of={t('voice.intent')} rows={intents} columns={[t('voice.unhappy'), t('voice.unhappy_before'), t('voice.unhappy_change')]} />
      </Section>
      <p className="muted small">{t('voice.method')}</p>
    </>
  );
}

export function Voice() {
  const { t } = useI18n();
  usePageTitle(t('voice.title'));
  const query = usePick(PERIOD);
  const voice = useQuery({ queryKey: ['voice', query], queryFn: ({ signal }) => api.voice(query, signal), placeholderData: keepPreviousData });
  const report = voice.data;
  return (
    <div className="page voice" aria-busy={voice.isFetching}>
      <header className="page-head voice-head">
        <h1 className="page-title">{t('voice.title')}</h1>
        {report && <span className="muted small">{t('voice.of', { from: report.from, to: report.to, zone: report.time_zone })}</span>}
      </header>
      <Controls report={report} />
      {voice.isPending && <ListSkeleton rows={4} />}
      {voice.isError && <ErrorState error={voice.error} onRetry={() => void voice.refetch()} />}
      {!voice.isError && report && (report.n + report.n_before === 0
        ? <EmptyState title={t('voice.empty')} hint={t('voice.empty_hint')} />
        : <Report report={report} />)}
    </div>
  );
}
