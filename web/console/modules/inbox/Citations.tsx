/* What an answer rests on: article, passage word for word, how well it fits. */
import { DownOutlined, RightOutlined } from '@ant-design/icons';
import { useId, useState } from 'react';
import { Link } from 'wouter';
import type { Citation } from '../../../shared/api/types.ts';
import { webAddress } from '../../../shared/text.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { RichText } from '../../common/ui/RichText.tsx';

const HIGH = 0.8;
const MEDIUM = 0.5;

function fit(score: number): 'high' | 'medium' | 'low' {
  return score >= HIGH ? 'high' : score >= MEDIUM ? 'medium' : 'low';
}

function CitationRow({ citation }: { citation: Citation }) {
  const { t } = useI18n();
  const href = webAddress(citation.url);
  return (
    <li>
      <Link href={`/knowledge/${citation.article_id}`}>{citation.title}</Link>
      <span className="muted small"> {t(`fit.${fit(citation.score)}`, { score: citation.score.toFixed(2) })}</span>
      <blockquote className="passage"><RichText text={citation.passage} /></blockquote>
      {href && <a className="small" href={href} target="_blank" rel="noopener nofollow noreferrer">{t('citation.open')}</a>}
    </li>
  );
}

export function Citations({ citations }: { citations: Citation[] }) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const id = useId();
  if (citations.length === 0) return null;
  return (
    <div className="citations">
      <button type="button" className="link-button small" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {open ? <DownOutlined aria-hidden /> : <RightOutlined aria-hidden />} {t('citation.count', { n: citations.length })}
      </button>
      <ol id={id} hidden={!open}>
        {open && citations.map((each, index) => <CitationRow key={`${each.article_id}${index}`} citation={each} />)}
      </ol>
    </div>
  );
}
