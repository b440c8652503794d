/* Elements by function call. Text goes in as text nodes only; there is no way to pass markup. */
import { splitText } from '../shared/text.ts';

export type Child = Node | string | null | false;
export type Props = Record<string, string | boolean | ((event: Event) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

export function link(text: string, href: string): HTMLAnchorElement {
  return h('a', { href, target: '_blank', rel: 'noopener nofollow' }, text);
}

export function richText(text: string): Node[] {
  return splitText(text).map((part) => {
    if (part.kind === 'break') return document.createElement('br');
    return part.kind === 'link' ? link(part.text, part.href) : document.createTextNode(part.text);
  });
}

const SVG = 'http://www.w3.org/2000/svg';

export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const shape = document.createElementNS(SVG, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}
