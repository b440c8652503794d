/* Which model it is and by whose choice. */
import { Alert, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import type { ModelNow } from '../../../shared/api/types.ts';
import { bytes } from '../../../shared/number.ts';
import { useI18n, type Key } from '../../common/i18n/I18n.tsx';

const TROUBLES: Record<string, Key> = {
  gone: 'model.trouble_gone', file: 'model.trouble_file', unregistered: 'model.trouble_unregistered', budget: 'model.trouble_budget', endpoint: 'model.trouble_endpoint',
};
const HASH_SHOWN = 12;

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return <><dt>{label}</dt><dd>{children}</dd></>;
}

function Trouble({ now }: { now: ModelNow }) {
  const { t } = useI18n();
  if (now.state !== 'down') return null;
  const known = TROUBLES[now.reason ?? ''];
  return <Alert type="error" showIcon title={known ? t(known) : t('model.trouble')} description={known ? undefined : now.trouble} />;
}

function answersKey(now: ModelNow): Key {
  if (now.provider === 'none') return 'model.none_hint';
  return now.writes_answers ? 'model.writes' : 'model.writes_not';
}

function LocalFacts({ now }: { now: ModelNow }) {
  const { t, language } = useI18n();
  return (
    <>
      <Fact label={t('model.file')}><span className="hash" title={now.file ?? ''}>{now.file?.split('/').pop()}</span></Fact>
      {now.bytes > 0 && <Fact label={t('model.size')}>{bytes(now.bytes, language)}</Fact>}
      {now.sha256 && <Fact label={t('model.hash')}><Tooltip title={now.sha256}><code className="hash" tabIndex={0}>{now.sha256.slice(0, HASH_SHOWN)}…</code></Tooltip></Fact>}
      {now.licence && <Fact label={t('model.licence')}>{now.licence}</Fact>}
    </>
  );
}

function RemoteFacts({ now }: { now: ModelNow }) {
  const { t } = useI18n();
  return (
    <>
      <Fact label={t('model.url')}><span className="hash">{now.url}</span></Fact>
      <Fact label={t('model.key')}>{now.key === 'file' ? t('model.key_file_named', { name: now.key_file ?? '' }) : t(`model.key_${now.key}`)}</Fact>
    </>
  );
}

export function ModelState({ now, isStale }: { now: ModelNow; isStale: boolean }) {
  const { t } = useI18n();
  return (
    <section className="card" aria-label={t('model.now')}>
      <h2 className="section-title">{t('model.now')}</h2>
      <p className="model-name">{now.provider === 'none' ? t('model.none') : now.model ?? t('model.loading')}</p>
      <p className="muted">{t(answersKey(now))}</p>
      {isStale && <Alert type="warning" showIcon title={t('model.stale')} />}
      <Trouble now={now} />
      <dl className="plain-facts wide">
        <Fact label={t('model.where')}>{t(`provider.${now.provider}`)}</Fact>
        <Fact label={t('model.chosen')}>{t(`model.by_${now.chosen_by}`)}</Fact>
        {now.provider === 'local' && <LocalFacts now={now} />}
        {now.provider === 'remote' && <RemoteFacts now={now} />}
      </dl>
    </section>
  );
}
