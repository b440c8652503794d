import { expect, test } from 'vitest';
import { checkContact } from '../widget/contactForm.ts';
import { isFromFrame, isToFrame, PROTOCOL } from '../widget/protocol.ts';

test('messages between page and frame are believed only when they are whole', () => {
  expect(isFromFrame({ protocol: PROTOCOL, type: 'unread', count: 2 })).toBe(true);
  expect(isToFrame({ protocol: PROTOCOL, type: 'visible', visible: true, page: 'https://a.example/' })).toBe(true);
  for (const data of [null, undefined, 1, 'close', {}, { type: 'close' }, { protocol: 'other', type: 'close' }, { protocol: PROTOCOL, type: 'unread', count: '2' }, { protocol: PROTOCOL, type: 'visible', visible: 1, page: '' }]) {
    expect(isFromFrame(data)).toBe(false);
    expect(isToFrame(data)).toBe(false);
  }
});

test('contact details: one way to answer is needed, obvious slips are told', () => {
  expect(checkContact({})).toBe('form_need_contact');
  expect(checkContact({ name: '王芳' })).toBe('form_need_contact');
  expect(checkContact({ email: 'a@b' })).toBe('form_bad_email');
  expect(checkContact({ email: '王@例子.中国' })).toBeNull();
  expect(checkContact({ phone: '138 0000 1000' })).toBeNull();
  expect(checkContact({ phone: '+44 (0)20-7946-0000' })).toBeNull();
  expect(checkContact({ phone: 'call me' })).toBe('form_bad_phone');
});
