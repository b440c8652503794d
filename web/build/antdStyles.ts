/* Extracts Ant Design's styles at build time: the rules of the components named below and the
   variables of both colour modes, as one static stylesheet (`virtual:antd.css`). With it and
   `theme.zeroRuntime` nothing has to be written into the page while it runs.
   antd 6 still hands three kinds of rules to @rc-component/util's dynamicCSS when zeroRuntime is set
   (token variables, the scroll lock of dialogs, the scroll bar measurement), each as a <style>
   element, which a strict CSP refuses. redirectDynamicCss() puts our own module in its place. */
import { createElement as h, type ReactElement } from 'react';
import { renderToString } from 'react-dom/server';
import { createCache, extractStyle, StyleProvider } from '@ant-design/cssinjs';
import * as antd from 'antd';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { antdTheme, type Mode } from '../console/common/theme/antdTheme.ts';
import { loadTokens, TOKENS_FILE } from './tokens.ts';

const column = [{ title: 'a', dataIndex: 'a', sorter: true }];

/* One element per component that the console imports; tests/antdStyles.test.ts compares the names
   with the imports, so a forgotten row fails the tests instead of showing unstyled. */
export const SAMPLES: Record<string, () => ReactElement> = {
  Alert: () => h(antd.Alert, { title: 'a', showIcon: true, type: 'info' }),
  Avatar: () => h(antd.Avatar, null, 'A'),
  Badge: () => h(antd.Badge, { count: 1 }, h('i')),
  Button: () => h(antd.Button, { loading: true }, 'a'),
  Checkbox: () => h(antd.Checkbox, { indeterminate: true }, 'a'),
  ConfigProvider: () => h(antd.ConfigProvider, null),
  Drawer: () => h(antd.Drawer, { open: false }),
  Form: () => h(antd.Form, null, h(antd.Form.Item, { label: 'a', name: 'a', help: 'x' }, h(antd.Input))),
  Input: () => h('div', null, h(antd.Input, { prefix: 'a', allowClear: true }), h(antd.Input.TextArea),
    h(antd.Input.Password), h(antd.Input.Search)),
  Modal: () => h('div', null, h(antd.Modal, { open: false }),
    h(antd.Modal._InternalPanelDoNotUseOrYouWillBeFired, { title: 'a' }, 'a')),
  Popover: () => h(antd.Popover, { content: 'a' }, h('i')),
  QRCode: () => h(antd.QRCode, { value: 'a', type: 'svg' }),
  Radio: () => h(antd.Radio.Group, { options: ['a', 'b'], value: 'a' }),
  Segmented: () => h(antd.Segmented, { options: ['a', 'b'] }),
  Select: () => h('div', null, h(antd.Select, { options: [{ value: 'a', label: 'a' }], open: true, virtual: false }), h(antd.Select, { mode: 'multiple', value: ['a'] }),
    h(antd.Select, { mode: 'tags', value: ['a'], status: 'error', allowClear: true })),
  Skeleton: () => h(antd.Skeleton, { avatar: true, active: true }),
  Switch: () => h(antd.Switch, null),
  Table: () => h(antd.Table, { columns: column, dataSource: [{ key: 1, a: 1 }], loading: true }),
  Tag: () => h('div', null, ...['success', 'warning', 'error', 'default'].map((color) => h(antd.Tag, { color, key: color }, 'a'))),
  Tooltip: () => h(antd.Tooltip, { title: 'a' }, h('i')),
};

/* Shown by calls, not by elements: antd keeps their looks in inner panels. */
const CALLED: (() => ReactElement)[] = [
  () => h(antd.message._InternalPanelDoNotUseOrYouWillBeFired, { type: 'info', content: 'a' }),
];

function render(mode: Mode): ReturnType<typeof createCache> {
  const cache = createCache();
  const theme = { ...antdTheme(mode, loadTokens()[mode]), zeroRuntime: false };
  const wrap = (make: () => ReactElement, key: number) =>
    h(antd.ConfigProvider, { theme, key }, make());
  renderToString(h(StyleProvider, { cache }, [...Object.values(SAMPLES), ...CALLED].map(wrap)));
  return cache;
}

export function extractAntdCss(): string {
  const light = render('light');
  const dark = render('dark');
  return [
    extractStyle(light, { plain: true, types: ['token', 'cssVar'] }),
    extractStyle(dark, { plain: true, types: ['token', 'cssVar'] }),
    extractStyle(light, { plain: true, types: ['style'] }),
  ].join('\n');
}

export function antdStyles(): Plugin {
  return {
    name: 'zhiyin-antd-styles',
    enforce: 'pre',
    resolveId(id) {
      return id === 'virtual:antd.css' || id === 'virtual:tokens' ? `\0${id}` : null;
    },
    load(id) {
      if (id === '\0virtual:antd.css') return extractAntdCss();
      if (id !== '\0virtual:tokens') return null;
      this.addWatchFile(TOKENS_FILE);
      return `export default ${JSON.stringify(loadTokens())}`;
    },
  };
}

export function redirectDynamicCss(): Plugin {
  const ours = fileURLToPath(new URL('../console/common/theme/dynamicCss.ts', import.meta.url));
  return {
    name: 'zhiyin-dynamic-css',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (!/dynamicCSS(\.js)?$/.test(id)) return null;
      const found = await this.resolve(id, importer, { skipSelf: true });
      return found && /@rc-component\/util\/es\/Dom\/dynamicCSS\.js/.test(found.id) ? ours : found;
    },
  };
}
