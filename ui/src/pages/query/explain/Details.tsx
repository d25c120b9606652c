/** All that is known about one part of a query. */
import type { Matching, NodeFigures, Unmatched } from '../../../api/explain';
import { type Fact, Facts } from '../../../components/Facts';
import { Name } from '../../../components/Name';
import { formatCount, formatSeconds, plural } from '../../../format/number';
import { selector, visible } from '../../../format/series';
import type { Row } from './rows';

const TEXT_MAX = 400;

export function Details({ row, rows, expr }: { row: Row; rows: readonly Row[]; expr: string }) {
  const { node } = row;
  const facts: Fact[] = [];
  if (node.empty !== undefined) facts.push(['Why it is empty', visible(node.empty.text, 2000)]);
  if (node.partOf !== undefined)
    facts.push([
      'Computed',
      <>
        series by series, in one go with <Name text={rows[node.partOf]?.node.label ?? ''} most={TEXT_MAX} code />: the
        figures there are those of all of them
      </>,
    ]);
  if (node.sharedWith !== undefined)
    facts.push([
      'Computed',
      <>
        not here: it is the same as <Name text={rows[node.sharedWith]?.node.label ?? ''} most={TEXT_MAX} code />{' '}
        elsewhere in the query, which was computed once for both
      </>,
    ]);
  if (node.figures !== undefined) facts.push(...factsOf(node.figures, node.constant));
  if (node.evaluation === 'settled') facts.push(['Computed', 'not at all: its value is in the text']);
  return (
    <section class="explain-details" aria-label="Details of the part">
      <h2>
        <Name text={expr.slice(row.from, row.to)} most={TEXT_MAX} code />
      </h2>
      <Facts facts={facts} />
    </section>
  );
}

function factsOf(figures: NodeFigures, isConstant: boolean): Fact[] {
  const { series, groups, scan, matching, steps, evaluations, samplesHeld, samplesRead } = figures;
  const facts: Fact[] = [
    [
      'Result',
      [series === undefined ? undefined : plural(series, 'series', 'series'), plural(samplesHeld, 'value')]
        .filter((part) => part !== undefined)
        .join(', '),
    ],
    [
      'Computed',
      `${isConstant ? 'once for all steps' : `at ${plural(steps, 'step')}`}${evaluations > 1 ? `, ${formatCount(evaluations)} times` : ''}`,
    ],
    ['Time', `${formatSeconds(figures.ownSeconds)}, with the parts below ${formatSeconds(figures.totalSeconds)}`],
  ];
  if (groups !== undefined) facts.push(['Groups', formatCount(groups)]);
  if (scan !== undefined) {
    const { seriesSelected, seriesOut, parts, partsUndecoded, workers } = scan;
    facts.push([
      'Read',
      `${plural(seriesSelected, 'series', 'series')} selected, ${plural(samplesRead, 'sample')}, ${formatCount(seriesOut)} with a value`,
    ]);
    facts.push([
      'How',
      `${plural(parts, 'part')}${partsUndecoded > 0 ? `, ${formatCount(partsUndecoded)} without decoding` : ''}, ${plural(workers, 'thread')}`,
    ]);
  }
  if (matching !== undefined) facts.push(...matchingFacts(matching));
  return facts;
}

function matchingFacts({ on, labels, left, right, matchedGroups, unmatchedLeft, unmatchedRight }: Matching): Fact[] {
  const by =
    labels.length === 0 && !on ? 'all labels' : `${on ? '' : 'all labels but '}${labels.join(', ') || 'no labels'}`;
  return [
    [
      'Matching',
      `${plural(left, 'series', 'series')} on the left, ${formatCount(right)} on the right, by ${visible(by, TEXT_MAX)}: ${plural(matchedGroups, 'group matches', 'groups match')}`,
    ],
    ...alone('Only on the left', unmatchedLeft),
    ...alone('Only on the right', unmatchedRight),
  ];
}

function alone(title: string, { count, examples }: Unmatched): Fact[] {
  if (count === 0) return [];
  return [
    [
      title,
      <>
        {plural(count, 'series', 'series')}, such as
        <ul class="explain-examples">
          {examples.map((labels) => (
            <li key={selector(labels)}>
              <Name text={selector(labels)} most={TEXT_MAX} code />
            </li>
          ))}
        </ul>
      </>,
    ],
  ];
}
