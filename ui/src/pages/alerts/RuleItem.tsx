/** One rule: how it is doing in a line, its last error in full; on demand what it says. */
import type { Rule } from '../../api/rules';
import { Fold } from '../../components/Fold';
import { FromNow } from '../../components/Elapsed';
import { Icon } from '../../components/Icon';
import { LabelChips } from '../../components/LabelChips';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import { formatDuration } from '../../format/duration';
import { formatCount, formatSeconds, plural } from '../../format/number';
import { visible } from '../../format/series';
import { parseMoment } from '../../format/time';
import { graphLink } from '../../links';
import { Annotations } from './AlertDetails';
import { StateWord } from './AlertItem';
import type { RuleRow } from './rows';

const NAME_MAX = 120;
/** Of an expression in the line, and in full. */
const GLIMPSE_MAX = 140;
const QUERY_MAX = 20_000;
const ERROR_MAX = 4000;

export interface RuleItemProps {
  row: RuleRow;
  /** Whether the alerts of the rule stand below it. */
  withAlerts: boolean;
  onToggle: (key: string, isOpen: boolean) => void;
}

export function RuleItem({ row: { key, rule, counts, isOpen }, withAlerts, onToggle }: RuleItemProps) {
  const state = rule.type === 'recording' ? 'recording' : rule.state;
  return (
    <article
      class={`rule ${rule.health === 'err' ? 'failing' : ''}`}
      aria-label={`${visible(rule.name, NAME_MAX)}, ${state}`}
    >
      <div class="rule-line">
        <StateWord state={state} />
        <Fold isOpen={isOpen} onToggle={() => onToggle(key, !isOpen)}>
          <Name text={rule.name} most={NAME_MAX} />
        </Fold>
        <span class="rule-glimpse">{!isOpen && <Name text={rule.query} most={GLIMPSE_MAX} code />}</span>
        <span class="fact">{countsText(counts)}</span>
        <span class="fact num" title="How long its last evaluation took, and when it was">
          <Evaluated rule={rule} />
        </span>
      </div>
      {rule.lastError !== '' && (
        <p class="rule-error">
          <Icon name="bad" /> <Name text={rule.lastError} most={ERROR_MAX} />
        </p>
      )}
      {isOpen && <RuleDetails rule={rule} counts={counts} withAlerts={withAlerts} />}
    </article>
  );
}

function countsText({ firing, pending }: RuleRow['counts']): string {
  const parts = [
    firing > 0 ? `${formatCount(firing)} firing` : '',
    pending > 0 ? `${formatCount(pending)} pending` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function Evaluated({ rule }: { rule: Rule }) {
  const at = parseMoment(rule.lastEvaluation);
  if (at === undefined) return <span class="muted">not evaluated yet</span>;
  return (
    <>
      {formatSeconds(rule.evaluationTime)}{' '}
      <span class="muted">
        <FromNow ms={at} />
      </span>
    </>
  );
}

interface RuleDetailsProps {
  rule: Rule;
  counts: RuleRow['counts'];
  withAlerts: boolean;
}

function RuleDetails({ rule, counts, withAlerts }: RuleDetailsProps) {
  const active = counts.firing + counts.pending;
  return (
    <div class="rule-details">
      <a class="rule-query" href={graphLink([rule.query], '1h')} title="Look at it in Query">
        <Name text={rule.query} most={QUERY_MAX} code />
      </a>
      <Terms rule={rule} />
      {/* Each alert has them with its own values. */}
      {rule.type === 'alerting' && !(withAlerts && active > 0) && <Annotations annotations={rule.annotations} />}
      {!withAlerts && active > 0 && (
        <p>
          <PageLink to="/alerts" params={{ search: rule.name.slice(0, 200) }}>
            {plural(active, 'alert')}
          </PageLink>
        </p>
      )}
    </div>
  );
}

/** How long its expression has to hold and so on, in a line. */
function Terms({ rule }: { rule: Rule }) {
  return (
    <p class="rule-terms">
      {rule.type === 'alerting' && (
        <>
          <span>
            {rule.duration === 0 ? 'fires at once' : `fires when it holds for ${formatDuration(rule.duration)}`}
          </span>
          {rule.keepFiringFor > 0 && <span>keeps firing for {formatDuration(rule.keepFiringFor)} after that</span>}
        </>
      )}
      <LabelChips labels={rule.labels} />
    </p>
  );
}
