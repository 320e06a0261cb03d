import { expect, it } from 'vitest';
import { retryAfterMs } from '../../src/hub/retry-after.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

it.each([
  [{}, 0],
  [{ 'Retry-After': '7' }, 7000],
  [{ 'Retry-After': '0' }, 0],
  [{ 'Retry-After': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
  [{ 'Retry-After': 'Mon, 23 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'Retry-After': 'soon' }, 0],
  [{ 'Retry-After': '-5' }, 0],
  [{ 'Retry-After': '86400' }, 300_000],
  [{ RateLimit: '"resolvers";r=0;t=55' }, 55_000],
  [{ RateLimit: '"api"; r=0; t=12' }, 12_000],
  [{ RateLimit: '"api";r=3;t=55' }, 0],
  [{ RateLimit: '"api";r=0;t=55', 'Retry-After': '2' }, 2000],
])('reads %j as %i ms', (headers, wanted) => {
  expect(retryAfterMs(new Headers(headers as Record<string, string>), NOW)).toBe(wanted);
});
