import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ofStatus, success, unreachable } from '../api/failure';
import { isAbsent, rarelyIfAbsent } from './absent';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const { signal } = new AbortController();

it('believes for a minute that something is absent, and no longer', async () => {
  const load = vi.fn(async () => ofStatus(404, ''));
  const rarely = rarelyIfAbsent<string>(load);
  await rarely(signal);
  expect(await rarely(signal)).toMatchObject({ ok: false, failure: { kind: 'absent' } });
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(61_000);
  await rarely(signal);
  expect(load).toHaveBeenCalledTimes(2);
});

it('asks each time for anything else', async () => {
  const load = vi.fn(async () => (load.mock.calls.length > 1 ? success('there') : unreachable()));
  const rarely = rarelyIfAbsent<string>(load);
  await rarely(signal);
  expect(await rarely(signal)).toMatchObject({ ok: true, value: 'there' });
});

it('takes a value for more than a refusal', () => {
  const { failure } = ofStatus(404, '');
  expect([
    isAbsent({ failure }),
    isAbsent({ value: 1, failure }),
    isAbsent({ failure: unreachable().failure }),
  ]).toEqual([true, false, false]);
});
