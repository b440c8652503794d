/* What went wrong, in the reader's language. The server tells more, but in English: that stays for whoever reads English, and for
   faults that this console does not know. */
import { ApiError } from '../../../shared/api/client.ts';
import type { I18n, Key } from '../i18n/I18n.tsx';

const WORDS: Record<string, Key> = {
  network: 'error.offline', invalid: 'fault.invalid', unprocessable: 'fault.invalid', forbidden: 'error.forbidden', not_found: 'error.not_found',
  conflict: 'fault.conflict', taken: 'fault.taken', precondition_failed: 'fault.precondition_failed', too_large: 'fault.too_large',
  too_many: 'fault.too_many', internal: 'fault.internal', unavailable: 'fault.unavailable', storage_full: 'fault.storage_full',
};

export function faultText(error: unknown, { t, language }: Pick<I18n, 't' | 'language'>): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  const key = WORDS[error.code];
  const told = language === 'en' && !error.isOffline ? error.message : '';
  return told || (key ? t(key) : error.message || t('error.unknown'));
}
