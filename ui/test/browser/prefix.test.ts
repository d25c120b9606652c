import { expect, it } from 'vitest';
import { inBrowser } from './stage';

inBrowser(
  'below a prefix, as behind a proxy',
  (stage) => {
    it('loads, navigates and asks below it', async () => {
      const asked: string[] = [];
      const page = await stage.open('/tsdb-status');
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await page.getByText('Series by metric').waitFor();
      await page.getByRole('link', { name: 'Home', exact: true }).click();
      await page.getByRole('heading', { name: 'Wrong now' }).waitFor();
      await page.waitForLoadState('networkidle');
      expect(new URL(page.url()).pathname).toBe('/ops/regain/');
      expect(asked.filter((path) => !path.startsWith('/ops/regain/'))).toEqual([]);
      expect(stage.complaints).toEqual([]);
    });
  },
  '/ops/regain',
);
