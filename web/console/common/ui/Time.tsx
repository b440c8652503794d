import { useI18n } from '../i18n/I18n.tsx';
import { clockTime, fullTime, shortTime } from '../../../shared/time.ts';
import { useNow } from '../now.ts';

export interface TimeProps {
  at: string;
  clock?: boolean; /* hours and minutes only */
}

export function Time({ at, clock = false }: TimeProps) {
  const { language } = useI18n();
  const now = useNow();
  return (
    <time dateTime={at} title={fullTime(at, language)} className="time">
      {clock ? clockTime(at, language) : shortTime(at, now, language)}
    </time>
  );
}
