/* The script on the shop's page: a button and an iframe, nothing more. Everything it shows is made
   with DOM calls and CSSOM, so a strict CSP of the host page only needs script-src and frame-src for
   our origin. Leaves one global, window.Zhiyin {open, close}. Does not read the page but its language
   and address (without query), and talks to the iframe only, with exact origins both ways. */
import { isFromFrame, LABELS, PROTOCOL, type FromFrame, type ToFrame } from './protocol.ts';

interface Zhiyin {
  open: () => void;
  close: () => void;
}

type Styles = Record<string, string>;

const LAYER = '2147483000';
const PHONE = '(max-width: 480px)';
const ICONS = {
  chat: 'M12 3C6.5 3 2 6.7 2 11.2c0 2.6 1.5 4.9 3.8 6.4-.1 1-.5 2.2-1.3 3.2 1.9-.2 3.5-.9 4.7-1.7.9.2 1.8.3 2.8.3 5.5 0 10-3.7 10-8.2S17.5 3 12 3z',
  close: 'M6 6l12 12M18 6L6 18',
};

function style(element: HTMLElement | SVGElement, styles: Styles): void {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value, 'important');
}

function icon(path: string, filled: boolean): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  const attributes = { viewBox: '0 0 24 24', width: '28', height: '28', 'aria-hidden': 'true' };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  shape.setAttribute('d', path);
  shape.setAttribute('fill', filled ? '#fff' : 'none');
  shape.setAttribute('stroke', filled ? 'none' : '#fff');
  shape.setAttribute('stroke-width', '2.2');
  shape.setAttribute('stroke-linecap', 'round');
  svg.append(shape);
  return svg;
}

function start(script: HTMLScriptElement): void {
  const origin = new URL(script.src).origin;
  const wanted = script.dataset['language'] ?? (document.documentElement.lang || navigator.language);
  const language = wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  const labels = LABELS[language];
  const phone = matchMedia(PHONE);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  let isOpen = false;
  let isReady = false;
  let locked: string | null = null; /* the page's own overflow while we hold it */

  const root = document.createElement('div');
  const bubble = document.createElement('button');
  const badge = document.createElement('span');
  const frame = document.createElement('iframe');

  style(root, { all: 'initial' });
  style(bubble, {
    all: 'initial', position: 'fixed', right: '20px', bottom: '20px', width: '58px', height: '58px',
    'border-radius': '50%', background: '#0b7568', cursor: 'pointer', 'z-index': LAYER,
    display: 'flex', 'align-items': 'center', 'justify-content': 'center',
    'box-shadow': '0 2px 6px rgba(16,32,40,.2), 0 8px 24px rgba(16,32,40,.24)',
  });
  style(badge, {
    all: 'initial', position: 'absolute', top: '-4px', right: '-4px', 'min-width': '22px', height: '22px',
    padding: '0 6px', 'box-sizing': 'border-box', 'border-radius': '11px', background: '#b3261e', color: '#fff',
    font: '600 12px/22px sans-serif', 'text-align': 'center', display: 'none', border: '0',
  });
  bubble.type = 'button';
  frame.title = labels.title;
  frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox');
  frame.referrerPolicy = 'origin';

  function send(message: ToFrame): void {
    if (isReady) frame.contentWindow?.postMessage({ protocol: PROTOCOL, ...message }, origin);
  }

  function showBubble(): void {
    bubble.replaceChildren(icon(isOpen ? ICONS.close : ICONS.chat, !isOpen), badge);
    bubble.setAttribute('aria-label', isOpen ? labels.close : badge.textContent ? `${labels.open} (${badge.textContent})` : labels.open);
    bubble.setAttribute('aria-expanded', String(isOpen));
    style(bubble, { display: isOpen && phone.matches ? 'none' : 'flex' });
  }

  function holdScroll(hold: boolean): void {
    const page = document.documentElement.style;
    if (hold && locked === null) {
      locked = page.overflow;
      page.overflow = 'hidden';
    } else if (!hold && locked !== null) {
      page.overflow = locked;
      locked = null;
    }
  }

  function place(): void {
    const full = phone.matches;
    style(frame, {
      all: 'initial', position: 'fixed', 'z-index': LAYER, border: '0', 'color-scheme': 'normal', background: 'transparent',
      right: full ? '0' : '20px', bottom: full ? '0' : '90px', width: full ? '100%' : '400px', height: full ? '100%' : 'min(680px, calc(100vh - 110px))',
      'border-radius': full ? '0' : '14px', 'box-shadow': full ? 'none' : '0 2px 6px rgba(16,32,40,.14), 0 16px 48px rgba(16,32,40,.22)',
      visibility: isOpen ? 'visible' : 'hidden', opacity: isOpen ? '1' : '0',
      transition: still ? 'none' : 'opacity 120ms ease-out', 'pointer-events': isOpen ? 'auto' : 'none',
    });
    holdScroll(isOpen && full);
    showBubble();
  }

  function load(): void {
    if (frame.isConnected) return;
    const query = new URLSearchParams({ language, origin: location.origin });
    const theme = script.dataset['theme'];
    if (theme) query.set('theme', theme);
    frame.src = `${origin}/widget/?${query.toString()}`;
    root.append(frame);
  }

  function tell(): void {
    send({ type: 'visible', visible: isOpen, page: location.origin + location.pathname });
  }

  function open(): void {
    load();
    isOpen = true;
    badge.textContent = '';
    style(badge, { display: 'none' });
    place();
    tell();
    frame.focus();
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    place();
    tell();
    bubble.focus();
  }

  function receive(message: FromFrame): void {
    if (message.type === 'ready') {
      isReady = true;
      tell();
    } else if (message.type === 'close') close();
    else if (!isOpen) {
      badge.textContent = message.count > 0 ? String(Math.min(message.count, 99)) : '';
      style(badge, { display: message.count > 0 ? 'block' : 'none' });
      showBubble();
    }
  }

  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.origin !== origin || event.source !== frame.contentWindow) return;
    if (isFromFrame(event.data)) receive(event.data);
  });
  window.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && isOpen && !event.defaultPrevented) close();
  });
  bubble.addEventListener('click', () => (isOpen ? close() : open()));
  bubble.addEventListener('pointerenter', load);
  bubble.addEventListener('focus', load);
  phone.addEventListener('change', place);

  root.append(bubble);
  document.body.append(root);
  place();
  /* Ready before it is wanted, but never in the way of the page itself. */
  const later = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 800));
  later(load, { timeout: 3000 });
  (window as Window & { Zhiyin?: Zhiyin }).Zhiyin = { open, close };
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement && !('Zhiyin' in window)) {
  if (document.body) start(script);
  else document.addEventListener('DOMContentLoaded', () => start(script), { once: true });
}
