/* Starts the chat inside the iframe and speaks with the loader on the host page: only with the
   window that embeds us, only with the origin that the loader named. */
import { pickLanguage } from '../shared/i18n.ts';
import { translator } from './i18n.ts';
import { isToFrame, PROTOCOL, type FromFrame } from './protocol.ts';
import { ChatSession } from './session.ts';
import { ChatView } from './view.ts';

function validOrigin(text: string | null): string | null {
  try {
    const url = new URL(text ?? '');
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : null;
  } catch {
    return null;
  }
}

function followTheme(choice: string | null): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    const theme = choice === 'light' || choice === 'dark' ? choice : dark.matches ? 'dark' : 'light';
    document.documentElement.dataset['theme'] = theme;
  };
  dark.addEventListener('change', apply);
  apply();
}

const query = new URLSearchParams(location.search);
const language = pickLanguage(query.get('language') ?? navigator.language);
const host = window.parent === window ? null : validOrigin(query.get('origin'));
const t = translator(language);

function tellHost(message: FromFrame): void {
  if (host) window.parent.postMessage({ protocol: PROTOCOL, ...message }, host);
}

document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
followTheme(query.get('theme'));

const root = document.getElementById('chat');
if (root) {
  const session = new ChatSession(language);
  const view = new ChatView(root, session, t, () => tellHost({ type: 'close' }));
  const render = session.onChange;
  let unread = -1;
  session.onChange = () => {
    render();
    if (session.unread === unread) return;
    unread = session.unread;
    tellHost({ type: 'unread', count: unread });
  };
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (!host || event.source !== window.parent || event.origin !== host || !isToFrame(event.data)) return;
    session.setVisible(event.data.visible, event.data.page);
    if (event.data.visible) view.focus();
  });
  if (!host) session.setVisible(true, null);
  tellHost({ type: 'ready' });
}
