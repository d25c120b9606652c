/** Every flag with its value. */
import { askFlags } from '../../api/status';
import { Card } from '../../components/Card';
import { Name } from '../../components/Name';
import { Waiting } from '../../components/Waiting';
import { plural } from '../../format/number';
import { query, setQuery } from '../../router';
import { useResource } from '../../state/resource';

const REFRESH_MS = 60_000;

export function Flags() {
  const flags = useResource<Record<string, string>>('flags', askFlags, REFRESH_MS);
  const wanted = query.value.get('filter') ?? '';
  const search = (
    <input
      class="field"
      type="search"
      placeholder="Filter"
      aria-label="Filter flags"
      data-search
      value={wanted}
      onInput={(event) => setQuery({ filter: event.currentTarget.value }, { replace: true })}
    />
  );
  return (
    <Card title="Flags" aside={search}>
      <Waiting on={flags}>
        {(value) => <Table flags={Object.entries(value).filter((flag) => isWanted(flag, wanted))} />}
      </Waiting>
    </Card>
  );
}

function isWanted([name, value]: [string, string], wanted: string): boolean {
  const text = `--${name}=${value}`.toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function Table({ flags }: { flags: readonly [string, string][] }) {
  return (
    <>
      <p class="muted small" role="status">
        {plural(flags.length, 'flag')}
      </p>
      <table class="data flags">
        <thead>
          <tr>
            <th scope="col">Flag</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {flags.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                <Name text={`--${name}`} code />
              </th>
              <td>{value === '' ? <span class="muted">(empty)</span> : <Name text={value} code />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
