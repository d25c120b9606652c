/** Labels, a row each. */
import type { Labels } from '../../api/query';
import { Name } from '../../components/Name';
import { plural } from '../../format/number';

/** Texts are cut beyond so many characters, and lists beyond so many labels: a hostile target may have millions. */
const TEXT_MAX = 2000;
const LABELS_MAX = 200;

export function LabelTable({ labels }: { labels: Labels }) {
  const pairs = Object.entries(labels);
  if (pairs.length === 0) return <p class="muted">None</p>;
  return (
    <>
      <table class="data labels">
        <thead class="sr-only">
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {pairs.slice(0, LABELS_MAX).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                <Name text={name} most={TEXT_MAX} code />
              </th>
              <td>
                <Name text={value} most={TEXT_MAX} code />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {pairs.length > LABELS_MAX && <p class="muted small">and {plural(pairs.length - LABELS_MAX, 'more label')}</p>}
    </>
  );
}
