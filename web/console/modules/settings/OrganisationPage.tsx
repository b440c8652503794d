/* Name, time zone and working hours of the organisation. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { useState, type FormEvent } from 'react';
import type { Language, Organisation } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { ErrorState, ListSkeleton } from '../../common/ui/States.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const A_MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

type Spans = [string, string][];

function dayName(at: number, language: Language): string {
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { weekday: 'long', timeZone: 'UTC' }).format(A_MONDAY + at * DAY_MS);
}

/* "09:00-12:30, 13:30-18:00" */
function spansText(spans: Spans | undefined): string {
  return (spans ?? []).map(([from, to]) => `${from}-${to}`).join(', ');
}

function readSpans(text: string): Spans {
  return text.split(/[,，;；]/).map((span) => span.trim()).filter(Boolean).map((span) => {
    const [from = '', to = ''] = span.split(/[-–—~至]/).map((part) => part.trim());
    return [from, to];
  });
}

function zones(current: string): { value: string; label: string }[] {
  const known = 'supportedValuesOf' in Intl ? Intl.supportedValuesOf('timeZone') : [];
  return [...new Set([current, 'UTC', ...known])].map((value) => ({ value, label: value }));
}

function OrganisationForm({ organisation }: { organisation: Organisation }) {
  const { t, language } = useI18n();
  const toasts = useToasts();
  const client = useQueryClient();
  const stored = organisation.working_hours as Record<string, Spans>;
  const [name, setName] = useState(organisation.name);
  const [zone, setZone] = useState(organisation.time_zone);
  const [hours, setHours] = useState<Record<string, string>>(() => Object.fromEntries(DAYS.map((day) => [day, spansText(stored[day])])));
  const send = (change: Parameters<typeof api.updateOrganisation>[0]): Promise<void> => api.updateOrganisation(change).then(() => client.invalidateQueries({ queryKey: ['organisation'] }));

  const save = (event: FormEvent): void => {
    event.preventDefault();
    const read = Object.fromEntries(DAYS.map((day) => [day, readSpans(hours[day] ?? '')] as const).filter(([, spans]) => spans.length > 0));
    const before = { name: organisation.name, time_zone: organisation.time_zone, working_hours: organisation.working_hours };
    send({ name, time_zone: zone, working_hours: read as Organisation['working_hours'] }).then(() => toasts.undoable(t('settings.saved'), () => void send(before).catch(toasts.failed)), (error: unknown) => toasts.failed(error, t('record.not_saved')));
  };
  return (
    <form className="card record-form" noValidate onSubmit={save}>
      <div className="record-field"><span className="record-label" aria-hidden>{t('organisation.name')}</span><Input value={name} maxLength={200} aria-label={t('organisation.name')} onChange={(event) => setName(event.target.value)} /></div>
      <div className="record-field"><span className="record-label" aria-hidden>{t('organisation.zone')}</span>
        <Select<string> showSearch className="editor" aria-label={t('organisation.zone')} value={zone} options={zones(zone)} onChange={setZone} /></div>
      <fieldset className="field-set">
        <legend>{t('organisation.hours')}</legend>
        <p className="muted small">{t('organisation.hours_hint')}</p>
        {DAYS.map((day, at) => (
          <div key={day} className="hours-row"><span aria-hidden>{dayName(at, language)}</span>
            <Input size="small" value={hours[day] ?? ''} aria-label={dayName(at, language)} placeholder={t('organisation.closed')} autoComplete="off" onChange={(event) => setHours({ ...hours, [day]: event.target.value })} /></div>
        ))}
      </fieldset>
      <Button type="primary" htmlType="submit">{t('record.save')}</Button>
    </form>
  );
}

export function OrganisationPage() {
  const query = useQuery({ queryKey: ['organisation'], queryFn: ({ signal }) => api.organisation(signal) });
  if (query.isPending) return <ListSkeleton />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <OrganisationForm key={JSON.stringify(query.data)} organisation={query.data} />;
}
