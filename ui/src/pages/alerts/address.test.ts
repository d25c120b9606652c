import { expect, it } from 'vitest';
import { fromHash, pagesOf, silenceElsewhere } from './address';

const ID = '0e2a4b1c-9f0d-4c37-8a51-3f4f1f5f2c11';

it.each([
  ['#/alerts', '/alerts?view=notified'],
  [
    '#/alerts?silenced=false&inhibited=false&active=true&filter=%7Balertname%3D%22A%20b%22%7D&receiver=team',
    '/alerts?view=notified&silenced=false&inhibited=false&active=true&filter=%7Balertname%3D%22A+b%22%7D&receiver=team',
  ],
  ['#/silences', '/silences'],
  ['#/silences?filter=a%3Db', '/silences?filter=a%3Db'],
  ['#/silences/new?filter=%7Ba%3D%22b%22%7D&comment=x', '/silences/new?filter=%7Ba%3D%22b%22%7D&comment=x'],
  [`#/silences/${ID}`, `/silences/${ID}`],
  [`#/silences/${ID}/edit`, `/silences/${ID}/edit`],
  ['#/status', '/status'],
  ['#/settings', '/silences'],
  ['#/elsewhere', undefined],
  ['#/silences/../../etc', undefined],
  ['#', undefined],
])('%s is at %s', (hash, wanted) => expect(fromHash(hash)).toBe(wanted));

it('finds the pages of the Alertmanager that alerts are sent to', () => {
  expect(pagesOf('http://am:9093/prefix/api/v2/alerts')).toBe('http://am:9093/prefix');
  expect(pagesOf('javascript:alert(1)/api/v2/alerts')).toBeUndefined();
  expect(pagesOf('http://am/elsewhere')).toBeUndefined();
  expect(silenceElsewhere('http://am', '{a="b"}')).toBe('http://am/#/silences/new?filter=%7Ba%3D%22b%22%7D');
});
