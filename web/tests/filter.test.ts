import { expect, test } from 'vitest';
import { count, fromText, toText, type Condition, type Group } from '../console/common/schema/filter.ts';

const is = (path: string, value: string): Condition => ({ path, op: 'is', value });
const all = (...items: Group['items']): Group => ({ all: true, items });
const any = (...items: Group['items']): Group => ({ all: false, items });

test('a tree becomes the text that the server takes', () => {
  expect(toText(all(is('status', 'open'), { path: 'amount', op: 'least', value: '100' }))).toBe('status = open AND amount >= 100');
  expect(toText(all(is('name', '李雷'), any(is('a', 'x'), is('b', 'y'))))).toBe('name = "李雷" AND (a = x OR b = y)');
  expect(toText(any(all(is('a', '1'), is('b', '2')), is('c', '3')))).toBe('(a = 1 AND b = 2) OR c = 3');
  expect(toText(all({ path: 'name', op: 'begins', value: 'Li' }, { path: 'tags', op: 'has', value: 'vip' }))).toBe('name = "Li*" AND tags:vip');
  expect(toText(all({ path: 'phone', op: 'empty', value: '' }, { path: 'email', op: 'filled', value: '' }))).toBe('phone = null AND email:*');
  expect(toText(all({ path: 'due_at', op: 'next', value: '7' }))).toBe('(due_at >= now AND due_at <= now+7d)');
});

test('a value cannot become a word of the language', () => {
  for (const value of ['null', 'OR', '-x', 'a" OR b = "c', 'back\\slash', 'two words', ')']) {
    const text = toText(all(is('name', value)));
    expect(fromText(text), text).toEqual(all(is('name', value)));
  }
});

test('conditions that are not complete say nothing', () => {
  expect(toText(all(is('name', ' '), is('', 'x'), any(is('a', ''))))).toBe('');
  expect(count(all(is('name', ''), is('a', 'b'), any(is('c', 'd'), is('e', ''))))).toBe(2);
});

test('text is read as the server reads it: OR binds tighter, AND may be left out', () => {
  expect(fromText('a = 1 b = 2 OR c = 3')).toEqual(all(is('a', '1'), any(is('b', '2'), is('c', '3'))));
  expect(fromText('a = 1 OR b = 2')).toEqual(any(is('a', '1'), is('b', '2')));
  expect(fromText('(a = 1)')).toEqual(all(is('a', '1')));
  expect(fromText('due_at >= now-30d AND due_at <= now')).toEqual(all({ path: 'due_at', op: 'last', value: '30' }));
  expect(fromText('email != null')).toEqual(all({ path: 'email', op: 'filled', value: '' }));
  expect(fromText('')).toEqual(all());
});

test('what the builder makes it shows again', () => {
  const trees: Group[] = [
    all(is('status', 'open'), any({ path: 'amount', op: 'above', value: '5' }, { path: 'company.industry', op: 'has', value: '零售 业' })),
    any(all(is('a', '1'), { path: 'b', op: 'last', value: '7' }), { path: 'c', op: 'not', value: 'x y' }),
    all({ path: 'name', op: 'begins', value: 'O"Neil' }),
  ];
  for (const tree of trees) expect(fromText(toText(tree))).toEqual(tree);
});

test('text that says more than the builder shows stays text', () => {
  for (const text of ['NOT a = 1', '-a = 1', 'a', 'a =', 'a = 1 AND', '(a = 1', 'a = 1)', 'name = "*x*"', '"a" = 1', `${'('.repeat(20)}a = 1${')'.repeat(20)}`]) {
    expect(fromText(text), text).toBeNull();
  }
});
