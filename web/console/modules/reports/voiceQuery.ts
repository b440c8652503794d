/* The report's period and filter, as the address holds them. */
import type { Query } from '../../../shared/api/client.ts';
import type { VoiceReport, VoiceTopic } from '../../../shared/api/types.ts';
import { useQueryState } from '../../common/ui/useQueryState.ts';

export const PERIOD = ['days', 'from', 'to', 'channel', 'aspect'] as const;
export const WORDS = ['part', 'mood', 'aspect_mood', 'intent', 'topic', 'urgent'] as const;
export const DAYS = ['7', '30', '90'] as const;
export const DAYS_DEFAULT = '30';

export function usePick(names: readonly string[]): Query {
  const [get] = useQueryState();
  return Object.fromEntries(names.map((name) => [name, get(name)]).filter(([, value]) => value));
}

/* The list behind a number. The days stand there as such, so that the link means the same tomorrow. */
export function listHref(report: VoiceReport, words: Record<string, string>): string {
  const period: Record<string, string> = { from: report.from, to: report.to, ...(report.channel ? { channel: report.channel } : {}), ...(report.aspect ? { aspect: report.aspect } : {}) };
  return `/reports/voice/messages?${new URLSearchParams({ ...period, ...words }).toString()}`;
}

export function topicName(topic: VoiceTopic): string {
  return topic.words.join(' · ') || '–';
}
