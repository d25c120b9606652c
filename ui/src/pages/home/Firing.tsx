/** What fires now and what was healed today. Its code comes after the page's own; until then there is room for a line. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Card } from '../../components/Card';

let loaded: ComponentType | undefined;

export function Firing() {
  const [Shown, show] = useState(() => loaded);
  useEffect(() => {
    let isWanted = true;
    const load = async () => {
      try {
        loaded ??= (await import('../alerts/FiringNow')).FiringNow;
      } catch {
        // The server may be away or updated; the page is whole without this.
      }
      if (isWanted) show(() => loaded);
    };
    void load();
    return () => {
      isWanted = false;
    };
  }, []);
  if (Shown !== undefined) return <Shown />;
  return (
    <Card title="Fires now">
      <p aria-busy="true"> </p>
    </Card>
  );
}
