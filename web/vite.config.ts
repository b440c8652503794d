/* Three builds from one file: `vite build --mode console | widget | loader`. Each surface has its own
   base path, so the server can serve web/dist as it is. */
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';
import { antdStyles, redirectDynamicCss } from './build/antdStyles.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const TARGET = ['chrome100', 'firefox100', 'safari15'];
const SERVER = process.env['ZHIYIN_SERVER'] ?? 'http://127.0.0.1:8787';

const proxy = { '/api': SERVER };

function consoleBuild(): UserConfig {
  return {
    root: here('./console'),
    base: '/console/',
    plugins: [redirectDynamicCss(), antdStyles(), react()],
    server: { proxy },
    build: {
      target: TARGET,
      outDir: here('./dist/console'),
      emptyOutDir: true,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 700,
    },
  };
}

function widgetBuild(): UserConfig {
  return {
    root: here('./widget'),
    base: '/widget/',
    server: { proxy },
    build: {
      target: TARGET,
      outDir: here('./dist/widget'),
      emptyOutDir: true,
      modulePreload: false,
      assetsInlineLimit: 0,
    },
  };
}

/* The host page's script: one plain file with a fixed name, no module, no style sheet. */
function loaderBuild(): UserConfig {
  return {
    root: here('./widget'),
    base: '/widget/',
    build: {
      target: TARGET,
      outDir: here('./dist/widget'),
      emptyOutDir: false,
      rollupOptions: {
        input: here('./widget/loader.ts'),
        output: { format: 'iife', entryFileNames: 'loader.js' },
      },
    },
  };
}

const BUILDS: Record<string, () => UserConfig> = {
  console: consoleBuild,
  widget: widgetBuild,
  loader: loaderBuild,
};

export default defineConfig(({ mode, command }) => {
  const build = BUILDS[mode];
  if (!build && command === 'build') throw new Error('vite build --mode console | widget | loader');
  return build ? build() : {};
});
