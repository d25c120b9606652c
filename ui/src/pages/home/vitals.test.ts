import { expect, it } from 'vitest';
import { VITALS } from './vitals';

const GIB = 1024 ** 3;

it.each([
  [[GIB, 7 * GIB, 15.5 * GIB], '1 of 23.5 GiB'],
  [[GIB / 2, 0, GIB], '512 MiB of 1.5 GiB'],
  [[0, 0, 0], '0 of 0 B'],
])('the memory in use of %j is %s', (last, text) => {
  const memory = VITALS.find(({ title }) => title === 'Memory');
  expect(memory?.headline(last, memory.unit)).toBe(text);
});
