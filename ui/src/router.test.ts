import { afterEach, expect, it, vi } from 'vitest';
import { href, navigate, path, query, setQuery, startRouter } from './router';

vi.stubGlobal('scrollTo', () => undefined);

afterEach(() => navigate('/'));

it('writes addresses with what matters only', () => {
  expect(href('/query', { 'g0.expr': 'up{a="b"} & 1', empty: '', none: undefined, zero: 0 })).toBe(
    '/query?g0.expr=up%7Ba%3D%22b%22%7D+%26+1&zero=0',
  );
  expect(href('/')).toBe('/');
});

it('goes and comes back', () => {
  navigate(href('/status/', { a: '1' }));
  expect([path.value, query.value.get('a')]).toEqual(['/status', '1']);
  setQuery({ b: '2', a: undefined });
  expect([location.pathname, location.search]).toEqual(['/status/'.replace(/\/$/, ''), '?b=2']);
});

it('takes over clicks on its own links only', () => {
  startRouter();
  document.body.innerHTML =
    '<a href="/flags?x=1">in</a><a href="/flags" target="_blank">tab</a><a href="http://elsewhere/flags">out</a><a href="/metrics" data-reload>raw</a>';
  const taken: boolean[] = [];
  addEventListener('click', (click) => {
    taken.push(click.defaultPrevented);
    click.preventDefault();
  });
  for (const link of document.querySelectorAll('a'))
    link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
  expect(taken).toEqual([true, false, false, false]);
  expect([path.value, query.value.get('x')]).toEqual(['/flags', '1']);
});
