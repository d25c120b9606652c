/** Which rules and alerts are shown, and how many rules there are in each state. */
import { useMemo } from 'preact/hooks';
import type { RuleGroup } from '../../api/rules';
import { Segmented } from '../../components/Segmented';
import { formatCount } from '../../format/number';
import { query, setQuery } from '../../router';
import { filterOf, type StateFilter } from './filter';
import { countsOf } from './rows';

const STATES: readonly { value: StateFilter; text: string; title: string }[] = [
  { value: 'all', text: 'All', title: 'All rules' },
  { value: 'firing', text: 'Firing', title: 'Rules with alerts that fire' },
  { value: 'pending', text: 'Pending', title: 'Rules with alerts that will fire if they last' },
  { value: 'inactive', text: 'Inactive', title: 'Rules without alerts' },
  { value: 'failing', text: 'Failing', title: 'Rules that cannot be evaluated' },
];

export function Filters({ groups, withAlerts }: { groups: readonly RuleGroup[] | undefined; withAlerts: boolean }) {
  const { search, state } = filterOf(query.value);
  const counts = useMemo(
    () => groups && { ...countsOf(groups), all: groups.reduce((sum, { rules }) => sum + rules.length, 0) },
    [groups],
  );
  const options = STATES.map(({ value, text, title }) => ({
    value,
    title,
    text: (
      <>
        {text} <span class="count">{counts === undefined ? '' : formatCount(counts[value])}</span>
      </>
    ),
  }));
  return (
    <div class="filters">
      <input
        class="field"
        type="search"
        placeholder={
          withAlerts ? 'Filter by name, label, annotation or expression' : 'Filter by name, label or expression'
        }
        aria-label="Filter rules"
        data-search
        value={search}
        onInput={(event) => setQuery({ search: event.currentTarget.value }, { replace: true })}
      />
      <div class="scroll-x">
        <Segmented<StateFilter>
          label="State"
          value={state}
          options={options}
          onChange={(value) => setQuery({ state: value === 'all' ? undefined : value }, { replace: true })}
        />
      </div>
    </div>
  );
}
