/* Times as people read them, by locale. `now` is always given, so that tests can fix it. */
import type { Language } from './api/types.ts';

const LOCALES: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

export function clockTime(at: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(at));
}

export function fullTime(at: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeStyle: 'medium' }).format(new Date(at));
}

export function dayName(at: string, now: number, language: Language): string {
  const date = new Date(at);
  const today = new Date(now);
  const relative = new Intl.RelativeTimeFormat(LOCALES[language], { numeric: 'auto' });
  if (sameDay(date, today)) return relative.format(0, 'day');
  if (sameDay(date, new Date(now - DAY * 1000))) return relative.format(-1, 'day');
  const year = date.getFullYear() === today.getFullYear() ? undefined : ('numeric' as const);
  return new Intl.DateTimeFormat(LOCALES[language], { year, month: 'short', day: 'numeric', weekday: 'short' }).format(date);
}

/* Short enough for a list: clock today, else the day. */
export function shortTime(at: string, now: number, language: Language): string {
  const date = new Date(at);
  const today = new Date(now);
  if (sameDay(date, today)) return clockTime(at, language);
  const year = date.getFullYear() === today.getFullYear() ? undefined : ('2-digit' as const);
  return new Intl.DateTimeFormat(LOCALES[language], { year, month: 'numeric', day: 'numeric' }).format(date);
}

/* How long something has lasted, in its largest unit: "40 seconds", "3 分钟". Never negative. */
export function duration(seconds: number, language: Language): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [value, unit] =
    whole < MINUTE ? [whole, 'second'] : whole < HOUR ? [Math.floor(whole / MINUTE), 'minute']
    : whole < DAY ? [Math.floor(whole / HOUR), 'hour'] : [Math.floor(whole / DAY), 'day'];
  return new Intl.NumberFormat(LOCALES[language], { style: 'unit', unit: String(unit), unitDisplay: language === 'zh' ? 'long' : 'short' }).format(Number(value));
}

export function secondsSince(at: string, now: number): number {
  return Math.max(0, (now - Date.parse(at)) / 1000);
}
