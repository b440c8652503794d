/* A draft survives everything: one entry per conversation in this browser. */
import { readStored, writeStored } from '../../common/prefs.ts';

const name = (id: string): string => `zhiyin.draft.${id}`;

export function readDraft(id: string): string {
  return readStored<string>(name(id)) ?? '';
}

export function writeDraft(id: string, text: string): void {
  writeStored(name(id), text || null);
}
