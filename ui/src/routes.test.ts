import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { moved, routeOf, routes } from './routes';

const SERVER = readFileSync(join(import.meta.dirname, '../../crates/web-ui/src/router.rs'), 'utf8');

it.each([...routes.map(({ path }) => path), ...Object.keys(moved)])('the server answers %s', (path) => {
  expect(SERVER).toContain(`"${path}"`);
});

it.each(Object.entries(moved))('%s leads to a page', (old, now) => {
  expect(routeOf(old), 'a page of its own needs no other').toBeUndefined();
  expect(routeOf(now)).toBeDefined();
});
