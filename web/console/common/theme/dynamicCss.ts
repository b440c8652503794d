/* Stands in for @rc-component/util/es/Dom/dynamicCSS (see build/antdStyles.ts). The original writes
   <style> elements through innerHTML, which a strict CSP and Trusted Types both refuse. Rules of
   cssinjs are dropped, the static stylesheet has them; what remains (scroll lock of dialogs, scroll
   bar measurement) goes into constructed style sheets, which are script, not markup. */
interface Options {
  mark?: string;
}

const sheets = new Map<string, CSSStyleSheet>();
const CSSINJS_MARK = 'data-css-hash';

function detached(): HTMLStyleElement {
  return document.createElement('style');
}

export function updateCSS(css: string, key: string, options: Options = {}): HTMLStyleElement {
  if (options.mark === CSSINJS_MARK || typeof CSSStyleSheet === 'undefined') return detached();
  let sheet = sheets.get(key);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheets.set(key, sheet);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  sheet.replaceSync(css);
  return detached();
}

export function injectCSS(css: string, options: Options = {}): HTMLStyleElement {
  return updateCSS(css, css, options);
}

export function removeCSS(key: string): void {
  const sheet = sheets.get(key);
  if (!sheet) return;
  sheets.delete(key);
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
}

export function clearContainerCache(): void {
  sheets.clear();
}
