/* How long a customer has been waiting for a person: words and a sign, colour only besides. */
import { ClockCircleOutlined } from '@ant-design/icons';
import { duration, secondsSince } from '../../../shared/time.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useNow } from '../../common/now.ts';

const SOON_S = 120;
const LATE_S = 300;

export function Waiting({ since }: { since: string }) {
  const { t, language } = useI18n();
  const seconds = secondsSince(since, useNow());
  const level = seconds >= LATE_S ? 'late' : seconds >= SOON_S ? 'soon' : 'calm';
  return (
    <span className={`waiting waiting-${level}`} title={t('inbox.waiting_title')}>
      <ClockCircleOutlined aria-hidden /> {t('inbox.waiting', { time: duration(seconds, language) })}
    </span>
  );
}
