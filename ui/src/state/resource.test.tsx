import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failed, type Outcome, success, unreachable } from '../api/failure';
import { comebacks } from './connection';
import { type Load, startResources, useResource } from './resource';

startResources();

beforeEach(() => vi.useFakeTimers());

afterEach(() => {
  act(() => render(null, document.body));
  vi.useRealTimers();
});

let key = 0;

function Shown({ name, load, every = 1000 }: { name: string | undefined; load: Load<string>; every?: number }) {
  const { value, failure } = useResource(name, load, every);
  return (
    <p>
      {value}|{failure?.kind}
    </p>
  );
}

/** Shows a resource whose answers come from a list, the last one again and again. */
async function show(answers: Outcome<string>[], name = `test ${key++}`) {
  const load = vi.fn(async () => answers[Math.min(load.mock.calls.length - 1, answers.length - 1)] ?? success(''));
  act(() => render(<Shown name={name} load={load} />, document.body));
  await pass(0);
  return load;
}

async function pass(ms: number) {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
}

const text = () => document.body.textContent;

it('asks again and again while it is shown, and not after', async () => {
  const load = await show([success('one'), success('two')]);
  expect(text()).toBe('one|');
  await pass(1000);
  expect(text()).toBe('two|');
  act(() => render(null, document.body));
  await pass(5000);
  expect(load).toHaveBeenCalledTimes(2);
});

it('keeps the last good value when asking fails', async () => {
  await show([success('good'), unreachable(), success('better')]);
  await pass(1000);
  expect(text()).toBe('good|unreachable');
  await pass(1000);
  expect(text()).toBe('better|');
});

it('says why there is no value', async () => {
  await show([failed('query', 'no', 'ask otherwise')]);
  expect(text()).toBe('|query');
});

it('asks at once when the server is back', async () => {
  const load = await show([success('before'), success('after')]);
  act(() => {
    comebacks.value += 1;
  });
  await pass(0);
  expect(load).toHaveBeenCalledTimes(2);
  expect(text()).toBe('after|');
});

it('shows what it had for another key until the new value is there', async () => {
  await show([success('old')]);
  let arrive: (outcome: Outcome<string>) => void = () => undefined;
  const slow = () => new Promise<Outcome<string>>((resolve) => (arrive = resolve));
  act(() => render(<Shown name={`test ${key++}`} load={slow} />, document.body));
  await pass(10);
  expect(text()).toBe('old|');
  arrive(success('new'));
  await pass(0);
  expect(text()).toBe('new|');
});

it('withdraws its question when nobody wants to know', async () => {
  let asked: AbortSignal | undefined;
  const never = (signal: AbortSignal) => {
    asked = signal;
    return new Promise<Outcome<string>>(() => undefined);
  };
  act(() => render(<Shown name={`test ${key++}`} load={never} />, document.body));
  await pass(0);
  expect(asked?.aborted).toBe(false);
  act(() => render(null, document.body));
  expect(asked?.aborted).toBe(true);
});

it('two that show the same share one question', async () => {
  const load = vi.fn(async () => success('shared'));
  const name = `test ${key++}`;
  act(() =>
    render(
      <>
        <Shown name={name} load={load} />
        <Shown name={name} load={load} />
      </>,
      document.body,
    ),
  );
  await pass(0);
  expect(text()).toBe('shared|shared|');
  expect(load).toHaveBeenCalledTimes(1);
});
