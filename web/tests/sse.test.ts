import { afterEach, expect, test, vi } from 'vitest';
import { backoffMs, EventStream, SseParser, type ServerEvent } from '../shared/api/sse.ts';

const FRAMES = 'id: 7\nevent: message\ndata: {"a":"你好"}\n\n: ping\n\nevent: typing\ndata: one\ndata: two\n\n';
const EXPECTED = [
  { id: '7', event: 'message', data: '{"a":"你好"}' },
  { id: '7', event: 'typing', data: 'one\ntwo' },
];

test('frames are the same wherever the stream is cut', () => {
  for (const newline of ['\n', '\r\n', '\r']) {
    const text = FRAMES.replaceAll('\n', newline);
    for (let size = 1; size <= text.length; size += 1) {
      const parser = new SseParser();
      const events: ServerEvent[] = [];
      for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)));
      /* A lone CR at the end may be half of CRLF; what follows settles it. */
      events.push(...parser.push(':\n'));
      expect(events, `${JSON.stringify(newline)} ${size}`).toEqual(EXPECTED);
    }
  }
});

test('comments, unknown fields and frames without data are no events', () => {
  const parser = new SseParser();
  expect(parser.push(': ping\n\nretry: 10\nfoo\n\nevent: state\n\n')).toEqual([]);
  expect(parser.push('data\n\n')).toEqual([{ id: null, event: 'message', data: '' }]);
});

test('the last id stays until the next one and is not changed by a frame without id', () => {
  const parser = new SseParser('3');
  expect(parser.push('data: x\n\n')[0]?.id).toBe('3');
  parser.push('id: 4\ndata: x\n\n');
  expect(parser.lastId).toBe('4');
  parser.push('id: 5\n');
  expect(parser.push('data: y\n\n')[0]?.id).toBe('5');
});

test('waiting grows to its limit and never vanishes', () => {
  expect(backoffMs(0, 0)).toBe(250);
  expect(backoffMs(0, 1)).toBe(500);
  expect(backoffMs(3, 1)).toBe(4000);
  expect(backoffMs(50, 1)).toBe(30_000);
  expect(backoffMs(50, 0)).toBe(15_000);
});

function answer(text: string): Response {
  return new Response(text, { status: 200, headers: { 'Content-Type': 'text/event-stream' } });
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a lost stream is resumed after the last event that was read', async () => {
  vi.useFakeTimers();
  const sent: (string | null)[] = [];
  const bodies = ['id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\nda', 'id: 3\ndata: c\n\n'];
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    sent.push(headers.get('Last-Event-ID'));
    expect(headers.get('Authorization')).toBe('Bearer key');
    const body = bodies.shift();
    return body === undefined ? Promise.reject(new TypeError('network')) : Promise.resolve(answer(body));
  });
  const events: string[] = [];
  let resumed = 0;
  const stream = new EventStream({ path: '/events', token: 'key', onEvent: (event) => events.push(event.data), onResumed: () => { resumed += 1; } });
  await vi.advanceTimersByTimeAsync(2_000);
  stream.close();
  expect(sent.slice(0, 3)).toEqual([null, '2', '3']);
  expect(events).toEqual(['a', 'b', 'c']);
  expect(resumed).toBe(1);
});

test('a refused stream is not tried again', async () => {
  vi.useFakeTimers();
  let calls = 0;
  let refused = 0;
  vi.stubGlobal('fetch', () => {
    calls += 1;
    return Promise.resolve(new Response('', { status: 401 }));
  });
  new EventStream({ path: '/events', onEvent: () => undefined, onRefused: (status) => { refused = status; } });
  await vi.advanceTimersByTimeAsync(120_000);
  expect([calls, refused]).toEqual([1, 401]);
});
