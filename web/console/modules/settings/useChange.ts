/* Runs a change of what administrators set up: what was read before is read anew, what can be undone carries its undo, a failure is said.
   `faults` are words for what the server refuses here, by status. Gives what it failed with, or null. */
import { useQueryClient } from '@tanstack/react-query';
import { ApiError } from '../../../shared/api/client.ts';
import { useI18n, type Key } from '../../common/i18n/I18n.tsx';
import { useToasts } from '../../common/ui/Toasts.tsx';

export type Change = (work: () => Promise<unknown>, done?: string, undo?: () => Promise<unknown>) => Promise<unknown>;

export function useChange(keys: string[], faults: Partial<Record<number, Key>> = {}): Change {
  const client = useQueryClient();
  const toasts = useToasts();
  const { t } = useI18n();
  const refresh = async (): Promise<void> => void await Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] })));
  const failed = (error: unknown): void => {
    const known = error instanceof ApiError ? faults[error.status] : undefined;
    if (known) toasts.refused(t(known));
    else toasts.failed(error, t('record.not_saved'));
  };
  return async (work, done, undo) => {
    try {
      await work();
      await refresh();
      if (done && undo) toasts.undoable(done, () => void undo().then(refresh, failed));
      else if (done) toasts.done(done);
      return null;
    } catch (error) {
      failed(error);
      return error ?? new Error();
    }
  };
}
