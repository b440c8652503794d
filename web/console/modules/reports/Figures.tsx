/* Numbers of the report: each leads to the messages that it counts. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { VoiceCount, VoiceReport } from '../../../shared/api/types.ts';
import { count } from '../../../shared/number.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { listHref } from './voiceQuery.ts';

export type Change = VoiceCount['change'];
const SIGNS: Record<Change, string> = { up: '▲', down: '▼', none: '' };

export interface NumProps {
  report: VoiceReport;
  n: number;
  words: Record<string, string>;
}

export function Num({ report, n, words }: NumProps) {
  const { language } = useI18n();
  return <Link href={listHref(report, words)} className="voice-number">{count(n, language)}</Link>;
}

export function usePercent(): (share: number) => string {
  const { t, language } = useI18n();
  return (share) => t('voice.percent', { n: count(share * 100, language, 1) });
}

/* By how much it may be chance stands with it. */
export function ChangeText({ change, p }: { change: Change; p: number }) {
  const { t, language } = useI18n();
  if (change === 'none') return <span className="muted">{t('voice.change_none')}</span>;
  return <span>{SIGNS[change]} {t(`voice.change_${change}`)} <span className="muted small">{t('voice.p', { p: p < 0.001 ? '< 0.001' : `= ${count(p, language, 3)}` })}</span></span>;
}

export interface CountRow {
  key: string;
  name: ReactNode;
  row: VoiceCount;
  words: Record<string, string>;
  extra?: ReactNode[];
}

export interface CountTableProps {
  report: VoiceReport;
  label: string;
  of: string;
  rows: CountRow[];
  columns?: string[];
}

export function CountTable({ report, label, of, rows, columns = [] }: CountTableProps) {
  const { t } = useI18n();
  const percent = usePercent();
  return (
    <div className="voice-scroll" tabIndex={0} role="group" aria-label={label}>
      <table className="voice-table">
        <thead>
          <tr>
            {[of, t('voice.messages'), t('voice.share'), t('voice.before'), t('voice.share_before'), t('voice.change'), ...columns].map((each) => <th key={each} scope="col">{each}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, name, row, words, extra = [] }) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              <td><Num report={report} n={row.n} words={words} /></td>
              <td>{percent(row.share)}</td>
              <td><Num report={report} n={row.n_before} words={{ ...words, part: 'before' }} /></td>
              <td>{percent(row.share_before)}</td>
              <td><ChangeText change={row.change} p={row.p} /></td>
              {extra.map((each, index) => <td key={columns[index]}>{each}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
