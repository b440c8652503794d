import { expect, test } from 'vitest';
import { plainWords, splitText, webAddress, withoutOptions, type TextPart } from '../shared/text.ts';

function links(text: string): string[] {
  return splitText(text).flatMap((part) => (part.kind === 'link' ? [part.text] : []));
}

function flat(parts: TextPart[]): string {
  return parts.map((part) => (part.kind === 'break' ? '\n' : part.text)).join('');
}

test('no character is lost or added', () => {
  for (const text of ['', ' ', 'a\n\nb\r\nc\rd', '看 https://a.example/x，好。', '**bold** <b>x</b> [a](https://b.example)', 'https://', 'http://[::1', '😀\u0000\u202e']) {
    expect(flat(splitText(text))).toBe(text.replace(/\r\n|\r/g, '\n'));
  }
});

test('links end where the sentence goes on', () => {
  expect(links('详见 https://a.example/退货?x=1#y。谢谢')).toEqual(['https://a.example/退货?x=1#y']);
  expect(links('See https://a.example/x, or (https://a.example/y).')).toEqual(['https://a.example/x', 'https://a.example/y']);
  expect(links('https://a.example/wiki_(film) end')).toEqual(['https://a.example/wiki_(film)']);
  expect(links('「https://a.example」、HTTP://B.example/')).toEqual(['https://a.example', 'HTTP://B.example/']);
});

test('only web addresses become links', () => {
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'mailto:a@b.example', 'file:///etc/passwd', 'https://user:pw@bank.example/', 'vbscript:x', 'https://', '//a.example']) {
    expect(links(text), text).toEqual([]);
    expect(webAddress(text), text).toBeNull();
  }
});

test('markup stays text and cannot be part of an address', () => {
  const parts = splitText('<a href="javascript:alert(1)">https://a.example/"onmouseover="x</a><img src=x onerror=alert(1)>');
  expect(parts.filter((part) => part.kind === 'link').map((part) => part.kind === 'link' && part.href)).toEqual(['https://a.example/']);
  expect(splitText('# x\n- **y**').map((part) => part.kind)).toEqual(['text', 'break', 'text']);
});

test('long text without a link is split in linear time', () => {
  const started = performance.now();
  splitText('https://'.repeat(20_000));
  splitText(`https://a.example/${'('.repeat(3_000)}${')'.repeat(3_000)}`);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('a preview holds the words and not the marks', () => {
  expect(plainWords('# 保修政策\n\n凭**订单号**申请。\n\n## 一、期限\n\n| 商品 | 保修期 |\n| --- | :-: |\n| 床垫 | 10 年 |\n- 见 [说明](https://a.example/x)\n1. `x`'))
    .toBe('凭订单号申请。 一、期限 商品 保修期 床垫 10 年 见 说明 x');
  expect(plainWords('A -1 b | 2 - 3, 5 * 4 # no heading')).toBe('A -1 b 2 - 3, 5 * 4 # no heading');
  const started = performance.now();
  plainWords('['.repeat(100_000));
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('options that can be tapped are not repeated as text', () => {
  const text = 'Did you mean one of these?\n• Returns\n• Refunds\n• Something else';
  expect(withoutOptions(text, ['Returns', 'Refunds'])).toBe('Did you mean one of these?\n• Something else');
  expect(withoutOptions(text, [])).toBe(text);
});
