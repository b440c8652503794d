import { Link } from 'wouter';
import { useI18n } from '../common/i18n/I18n.tsx';
import { EmptyState } from '../common/ui/States.tsx';

export function NotFoundPage() {
  const { t } = useI18n();
  return <EmptyState isPage title={t('page.not_found')} hint={t('page.not_found_hint')} action={<Link href="/inbox/all">{t('page.to_inbox')}</Link>} />;
}
