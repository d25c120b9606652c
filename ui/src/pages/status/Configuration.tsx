/** The configuration in force. The server hides secrets before it sends the text. */
import { useMemo } from 'preact/hooks';
import { askConfig } from '../../api/status';
import { Card } from '../../components/Card';
import { Copy } from '../../components/Copy';
import { Waiting } from '../../components/Waiting';
import { visible } from '../../format/series';
import { useResource } from '../../state/resource';

const REFRESH_MS = 15_000;
/** Longer texts are shown without colours. In lines. */
const COLOURED_MAX = 5000;
/** Longer lines are cut. */
const LINE_MAX = 2000;

/** Indentation and dashes, a key with its colon, and the rest. */
const LINE = /^(\s*(?:- )*)([^\s:#'"][^:#'"]*:(?=\s|$))?(.*)$/;

export function Configuration() {
  const config = useResource<string>('config', askConfig, REFRESH_MS);
  return (
    <Card title="Configuration in force" aside={<Copy label="Copy" text={() => config.value ?? ''} />}>
      <Waiting on={config}>{(yaml) => <Yaml text={yaml} />}</Waiting>
    </Card>
  );
}

export function Yaml({ text }: { text: string }) {
  return useMemo(() => {
    const lines = text.replace(/\n$/, '').split('\n');
    const isColoured = lines.length <= COLOURED_MAX;
    return (
      // Scrolls sideways, so it has to be reachable for the arrow keys.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      <pre class="yaml" tabIndex={0} role="region" aria-label="Configuration">
        {isColoured ? lines.map(coloured) : visible(text, text.length)}
      </pre>
    );
  }, [text]);
}

function coloured(line: string, index: number) {
  // Lines have no other identity than their place.
  // oxlint-disable-next-line react/no-array-index-key
  return <Line key={index} line={line} />;
}

function Line({ line }: { line: string }) {
  const [, indent = '', key = '', value = ''] = LINE.exec(line) ?? [];
  return (
    <span class="yaml-line">
      {indent}
      {key !== '' && <span class="yaml-key">{visible(key)}</span>}
      {value.trim() === '<secret>' ? <span class="yaml-secret">{value}</span> : visible(value, LINE_MAX)}
      {'\n'}
    </span>
  );
}
