/** What series are put together by, and which metrics are left out. */
import { Segmented } from '../../../components/Segmented';
import { navigate, href, setQuery } from '../../../router';
import { byOf, type Top, type Unqueried, type View } from './view';

const TOP_TEXTS: readonly { value: Top; text: string; title: string }[] = [
  { value: 'metric', text: 'Metric', title: 'Series by metric' },
  { value: 'job', text: 'Job', title: 'Series by job' },
  { value: 'label', text: 'Label', title: 'Labels with most values' },
  { value: 'metric_label', text: 'Metric and label', title: 'Labels of metrics with most values' },
];

const UNQUERIED_TEXTS: readonly { value: Unqueried | 'all'; text: string; title: string }[] = [
  { value: 'all', text: 'All', title: 'Whether something asks for them or not' },
  { value: '7', text: 'Not for 7 days', title: 'No query and no rule has selected them for 7 days' },
  { value: '30', text: '30 days', title: 'No query and no rule has selected them for 30 days' },
  { value: 'ever', text: 'Never queried', title: 'No query and no rule has selected them since it is noted' },
];

export function Choices({ view }: { view: View }) {
  const choose = (top: Top) => navigate(href('/cardinality', { by: top === 'metric' ? undefined : top }));
  const filter = (days: Unqueried | 'all') =>
    setQuery({ unqueried: days === 'all' ? undefined : days }, { replace: true });
  return (
    <div class="choices">
      <Segmented label="Put together by" value={view.top} options={TOP_TEXTS} onChange={choose} />
      {byOf(view) === 'metric' && (
        <Segmented label="Queried" value={view.unqueried ?? 'all'} options={UNQUERIED_TEXTS} onChange={filter} />
      )}
    </div>
  );
}
