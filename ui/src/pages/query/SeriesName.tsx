/** A series as PromQL writes it, in pieces that can be copied one by one. */
import { Name } from '../../components/Name';
import { quote, quoteName } from '../../format/series';
import type { Labels } from '../../api/query';

const VALUE_MAX = 300;

export interface SeriesNameProps {
  labels: Labels;
  onCopy: (text: string) => void;
}

export function SeriesName({ labels, onCopy }: SeriesNameProps) {
  const { __name__: metric, ...others } = labels;
  const pairs = Object.entries(others);
  return (
    <span class="series-pairs">
      {metric !== undefined && (
        <button type="button" class="pair is-metric" tabIndex={-1} title="Copy the name" onClick={() => onCopy(metric)}>
          <Name text={metric} most={VALUE_MAX} />
        </button>
      )}
      {pairs.length > 0 || metric === undefined ? '{' : ''}
      {pairs.map(([name, value], index) => (
        <>
          <button
            key={name}
            type="button"
            class="pair"
            tabIndex={-1}
            title="Copy the label and its value"
            onClick={() => onCopy(`${quoteName(name)}=${quote(value)}`)}
          >
            <span class="pair-name">
              <Name text={name} most={VALUE_MAX} />
            </span>
            ="
            <bdi>
              <Name text={value} most={VALUE_MAX} />
            </bdi>
            "
          </button>
          {index < pairs.length - 1 ? ', ' : ''}
        </>
      ))}
      {pairs.length > 0 || metric === undefined ? '}' : ''}
    </span>
  );
}
