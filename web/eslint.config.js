/* Small on purpose: types are checked by tsc; here stand the rules of the house that tsc cannot see. */
import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';

const features = readdirSync(new URL('./console/modules/', import.meta.url));
const TEXT = '[A-Za-z\\u4e00-\\u9fff]';
const LITERAL = 'Text that people read belongs into shared/locales.';

/* A feature may use console/common and shared, never another feature. */
const apart = features.map((feature) => ({
  files: [`console/modules/${feature}/**/*.{ts,tsx}`],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: [
        { group: features.filter((other) => other !== feature).map((other) => `**/${other}/**`), message: 'Features do not reach into each other.' },
        { group: ['**/pages/**', '**/shell/**'], message: 'Features do not know the frame.' },
      ],
    }],
  },
}));

export default tseslint.config(
  { ignores: ['dist', 'shared/api/schema.d.ts'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-properties': ['error',
        { property: 'innerHTML', message: 'Text nodes only.' },
        { property: 'outerHTML', message: 'Text nodes only.' },
        { property: 'insertAdjacentHTML', message: 'Text nodes only.' }],
      'no-restricted-syntax': ['error',
        { selector: `JSXText[value=/${TEXT}/]`, message: LITERAL },
        { selector: `JSXAttribute[name.name=/^(title|placeholder|alt|label|aria-label|hint|description)$/] > Literal[value=/${TEXT}/]`, message: LITERAL },
        { selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]', message: 'Text nodes only.' },
        { selector: 'CallExpression[callee.property.name="postMessage"][arguments.1.value="*"]', message: 'postMessage needs the exact origin.' }],
      'complexity': ['error', 15],
      'max-depth': ['error', 4],
      'eqeqeq': 'error',
      'no-console': ['error', { allow: ['error'] }],
    },
  },
  ...apart,
  {
    files: ['console/common/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['**/modules/**', '**/pages/**', '**/shell/**'], message: 'common is below the features.' }] }],
    },
  },
  {
    files: ['build/**', 'e2e/**'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': 'off' },
  },
);
