import { expect, test } from 'vitest';
import { clockTime, dayName, duration, secondsSince, shortTime } from '../shared/time.ts';

/* Built from local parts, so the test holds in every time zone. */
const now = new Date(2026, 10, 23, 12, 0, 0).getTime();
const at = (...parts: [number, number, number, number, number]): string => new Date(...parts).toISOString();

test('durations use the largest whole unit', () => {
  expect(duration(0, 'en')).toMatch(/^0 secs?$/);
  expect(duration(59.9, 'zh')).toBe('59秒钟');
  expect(duration(60, 'zh')).toBe('1分钟');
  expect(duration(3599, 'en')).toMatch(/^59 mins?$/);
  expect(duration(3600, 'en')).toBe('1 hr');
  expect(duration(90_000, 'zh')).toBe('1天');
  expect(duration(-5, 'en')).toMatch(/^0 secs?$/);
});

test('time that has passed is never negative, clocks may differ', () => {
  expect(secondsSince(new Date(now - 5_000).toISOString(), now)).toBe(5);
  expect(secondsSince(new Date(now + 60_000).toISOString(), now)).toBe(0);
});

test('a list shows the clock today and the day before', () => {
  expect(shortTime(at(2026, 10, 23, 9, 5), now, 'zh')).toBe('09:05');
  expect(shortTime(at(2026, 10, 22, 23, 59), now, 'zh')).toBe('11/22');
  expect(shortTime(at(2026, 10, 22, 23, 59), now, 'en')).toBe('22/11');
  expect(shortTime(at(2025, 10, 22, 23, 59), now, 'zh')).toBe('25/11/22');
});

test('midnight is 00, not 24', () => {
  expect(clockTime(at(2026, 10, 23, 0, 7), 'zh')).toBe('00:07');
  expect(clockTime(at(2026, 10, 23, 0, 7), 'en')).toBe('00:07');
});

test('days have names as people say them', () => {
  expect(dayName(at(2026, 10, 23, 0, 0), now, 'zh')).toBe('今天');
  expect(dayName(at(2026, 10, 22, 0, 0), now, 'en')).toBe('yesterday');
  expect(dayName(at(2026, 10, 20, 0, 0), now, 'zh')).toContain('11月20日');
  expect(dayName(at(2025, 0, 2, 0, 0), now, 'en')).toContain('2025');
});
