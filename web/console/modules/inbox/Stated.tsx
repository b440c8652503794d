/* What the customer stated, read from the messages: amounts, dates, numbers, what is asked for, and what is thought of it all. The newest stands first. */
import { useQuery } from '@tanstack/react-query';
import type { Fact, FactAspect, FactRequest, Facts } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';

const SHOWN = 4;

/* Each kind with its different values. */
function byKind(items: Fact[]): [string, Fact[]][] {
  const kinds = new Map<string, Map<string, Fact>>();
  for (const fact of [...items].reverse()) {
    const values = kinds.get(fact.type) ?? new Map<string, Fact>();
    const key = `${fact.value} ${fact.unit ?? ''}`;
    if (!values.has(key)) values.set(key, fact);
    kinds.set(fact.type, values);
  }
  return [...kinds].map(([kind, values]) => [kind, [...values.values()].slice(0, SHOWN)]);
}

function Value({ fact }: { fact: Fact }) {
  const normal = [fact.value, fact.unit].filter(Boolean).join(' ');
  return <div>{fact.text}{normal !== fact.text && <span className="muted small"> {normal}</span>}</div>;
}

function Request({ request }: { request: FactRequest }) {
  const { t } = useI18n();
  const rows = (['what', 'quantity', 'budget', 'deadline'] as const).filter((key) => request[key]);
  return (
    <>
      <p className="summary">{request.text}</p>
      {rows.length > 0 && (
        <dl className="plain-facts">
          {rows.map((key) => <div key={key} className="contents"><dt>{t(`stated.${key}`)}</dt><dd>{request[key]}</dd></div>)}
        </dl>
      )}
    </>
  );
}

/* at: of the last message; a new one is read anew. Nothing stated, nothing shown. */
export function useStated(id: string, at: string) {
  return useQuery({ queryKey: ['facts', id, at], queryFn: ({ signal }) => api.facts(id, signal), placeholderData: (before, query) => (query?.queryKey[1] === id ? before : undefined) }).data;
}

/* Each aspect once, in its last mood. */
function Aspects({ aspects }: { aspects: FactAspect[] }) {
  const { t } = useI18n();
  const last = [...new Map(aspects.map((each) => [each.aspect, each])).values()];
  return (
    <ul className="aspects">
      {last.map((each) => <li key={each.aspect} className={`mood mood-${each.mood} small`} title={each.text}>{t(`aspect.${each.aspect}` as 'aspect.delivery')} · {t(`mood.${each.mood}`)}</li>)}
    </ul>
  );
}

export function Stated({ items, requests, aspects }: Facts) {
  const { t } = useI18n();
  const last = requests[requests.length - 1];
  const kinds = byKind(items);
  return (
    <>
      {aspects.length > 0 && <Aspects aspects={aspects} />}
      {last && <Request request={last} />}
      {kinds.length > 0 && (
        <dl className="plain-facts">
          {kinds.map(([kind, facts]) => (
            <div key={kind} className="contents"><dt>{t(`fact.${kind}` as 'fact.date')}</dt><dd>{facts.map((fact) => <Value key={fact.value} fact={fact} />)}</dd></div>
          ))}
        </dl>
      )}
    </>
  );
}
