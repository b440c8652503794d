import { expect, test } from 'vitest';
import type { DeclaredObject, Rights } from '../shared/api/types.ts';
import { countFields, fieldRightOf, reachOf, rowsOf, sameRights, withField, withReach } from '../console/modules/settings/rights.ts';

const RIGHTS: Rights = { '*': { read: 'all', update: 'own' }, contacts: { read: 'team', fields: { phone: 'hidden' } } };

test('what an object does not say is as at "*", and there it is none', () => {
  expect(reachOf(RIGHTS, 'contacts', 'read')).toBe('team');
  expect(reachOf(RIGHTS, 'contacts', 'update')).toBe('own');
  expect(reachOf(RIGHTS, 'deals', 'read')).toBe('all');
  expect(reachOf(RIGHTS, 'deals', 'delete')).toBe('none');
  expect(reachOf({}, '*', 'read')).toBe('none');
});

test('a reach is set and taken back, the rest stays', () => {
  const wider = withReach(RIGHTS, 'deals', 'read', 'none');
  expect(reachOf(wider, 'deals', 'read')).toBe('none');
  expect(wider['contacts']).toBe(RIGHTS['contacts']);
  expect(sameRights(withReach(wider, 'deals', 'read', null), RIGHTS)).toBe(true);
  expect(withReach(RIGHTS, 'contacts', 'read', null)['contacts']).toEqual({ fields: { phone: 'hidden' } });
  expect(RIGHTS['deals']).toBeUndefined();
});

test('a field is kept back and given again', () => {
  const closer = withField(RIGHTS, 'contacts', 'email', 'read');
  expect(fieldRightOf(closer, 'contacts', 'email')).toBe('read');
  expect([countFields(closer, 'contacts', 'hidden'), countFields(closer, 'contacts', 'read'), countFields(closer, 'deals', 'hidden')]).toEqual([1, 1, 0]);
  expect(sameRights(withField(closer, 'contacts', 'email', 'write'), RIGHTS)).toBe(true);
  expect(withField(withField({}, 'deals', 'amount', 'hidden'), 'deals', 'amount', 'write')).toEqual({});
});

test('rights are the same in whatever order they are written', () => {
  expect(sameRights({ a: { read: 'all', update: 'own' }, b: {} }, { b: {}, a: { update: 'own', read: 'all' } })).toBe(true);
  expect(sameRights(RIGHTS, { ...RIGHTS, '*': { read: 'own', update: 'own' } })).toBe(false);
});

test('rows leave out what administrators alone may, and acts that say nothing', () => {
  const made = (plural: string, more: Partial<DeclaredObject>): DeclaredObject => ({ plural, admin_only: false, log: false, ...more }) as DeclaredObject;
  const rows = rowsOf([made('deals', {}), made('events', { log: true }), made('stages', { admin_only: true })], { all: 'All', conversations: 'Chats', of: (object) => object.plural });
  expect(rows.map((row) => row.plural)).toEqual(['*', 'conversations', 'deals', 'events']);
  expect(rows.find((row) => row.plural === 'events')?.acts).not.toContain('update');
});
