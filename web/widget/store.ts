/* What the browser keeps of a chat, in the storage of the widget's own origin. Storage can be
   refused (private mode): then the chat lasts as long as the page. */
export interface Unsent {
  key: string;
  text: string;
}

export interface Saved {
  id: string | null;
  token: string | null;
  draft: string;
  seen: number;
  unsent: Unsent[];
}

const NAME = 'zhiyin.widget';
const EMPTY: Saved = { id: null, token: null, draft: '', seen: 0, unsent: [] };

function asUnsent(value: unknown): Unsent[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each: unknown): each is Unsent => {
    const item = each as Partial<Unsent> | null;
    return typeof item?.key === 'string' && typeof item.text === 'string';
  });
}

export function loadSaved(): Saved {
  try {
    const value = JSON.parse(localStorage.getItem(NAME) ?? 'null') as Partial<Saved> | null;
    const whole = typeof value?.id === 'string' && typeof value.token === 'string';
    return {
      id: whole ? value.id ?? null : null,
      token: whole ? value.token ?? null : null,
      draft: typeof value?.draft === 'string' ? value.draft : '',
      seen: typeof value?.seen === 'number' ? value.seen : 0,
      unsent: asUnsent(value?.unsent),
    };
  } catch {
    return { ...EMPTY };
  }
}

export function save(saved: Saved): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(saved));
  } catch {
    /* The chat goes on without memory. */
  }
}

/* Unique is enough here, it need not be secret; randomUUID exists only on secure pages. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
