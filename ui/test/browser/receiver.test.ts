import { afterEach, beforeEach, expect, it } from 'vitest';
import { axe, inBrowser, overflowOf } from './stage';
import { story } from './story';

const STATUS = {
  cluster: { status: 'disabled', peers: [] },
  config: { original: 'route:\n  receiver: pager\nreceivers:\n- name: pager\n' },
  uptime: new Date(Date.now() - 3_600_000).toISOString(),
  versionInfo: {
    version: '0.34.0',
    revision: 'abc',
    branch: 'main',
    buildDate: '',
    buildUser: '',
    goVersion: 'regain0.1.0',
  },
};

inBrowser('a receiver of alerts', (stage) => {
  beforeEach(() => {
    stage.server.isReceiver = true;
    stage.server.special = { ...story, 'v2/status': () => STATUS };
  });
  afterEach(() => {
    stage.server.isReceiver = false;
    stage.server.special = {};
  });

  it('offers alerts, silences and its status, and nothing that it has not', async () => {
    const page = await stage.open('/');
    await page.getByRole('heading', { name: 'By receiver and group' }).waitFor();
    const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
    expect(await links.allInnerTexts()).toEqual(['Alerts', 'Silences', 'Status']);
    expect(await links.first().getAttribute('aria-current')).toBe('page');
    expect(await page.getByRole('link', { name: 'All rules' }).count()).toBe(0);
    expect(await axe(page)).toEqual([]);
    expect(stage.complaints).toEqual([]);
  });

  it('says what runs, whom it tells and how it was set up', async () => {
    const page = await stage.open('/status', { viewport: { width: 360, height: 740 } });
    await page.getByText('Alertmanager 0.34.0').waitFor();
    await page.getByText('disabled', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Configuration', exact: true }).getByText('receiver:').waitFor();
    expect(await overflowOf(page)).toBe(0);
    expect(await axe(page)).toEqual([]);
    expect(stage.complaints).toEqual([]);
  });
});
