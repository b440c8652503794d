/* The messages between the shop's page (loader.ts) and the chat in its iframe (main.ts). */
export const PROTOCOL = 'zhiyin-widget-1';

export type ToFrame = { type: 'visible'; visible: boolean; page: string };
export type FromFrame = { type: 'ready' } | { type: 'close' } | { type: 'unread'; count: number };

/* The loader has no locale file: these three are all it says. */
export const LABELS = {
  zh: { open: '打开在线客服', close: '收起在线客服', title: '在线客服' },
  en: { open: 'Open chat', close: 'Close chat', title: 'Chat' },
};

function fields(data: unknown): Record<string, unknown> | null {
  if (typeof data !== 'object' || data === null) return null;
  const record = data as Record<string, unknown>;
  return record['protocol'] === PROTOCOL ? record : null;
}

export function isFromFrame(data: unknown): data is FromFrame {
  const record = fields(data);
  if (!record) return false;
  if (record['type'] === 'unread') return typeof record['count'] === 'number';
  return record['type'] === 'ready' || record['type'] === 'close';
}

export function isToFrame(data: unknown): data is ToFrame {
  const record = fields(data);
  return record !== null && record['type'] === 'visible' && typeof record['visible'] === 'boolean' && typeof record['page'] === 'string';
}
