/** One alert: its state and what is wrong in two lines, and why nobody is told of it where that is so; on demand everything. */
import type { Rule } from '../../api/rules';
import { Icon } from '../../components/Icon';
import { Elapsed } from '../../components/Elapsed';
import { Fold } from '../../components/Fold';
import { LabelChips } from '../../components/LabelChips';
import { Name } from '../../components/Name';
import { formatExact, formatValue } from '../../format/number';
import { visible } from '../../format/series';
import { AlertDetails } from './AlertDetails';
import type { Notifying } from './notifying';
import { type ShownAlert, summaryOf, titleOf } from './shown';
import { Suppression } from './Suppression';

const LABELS_MAX = 6;
const TITLE_MAX = 120;
const SUMMARY_MAX = 400;

export interface AlertItemProps {
  rowKey: string;
  alert: ShownAlert;
  notifying: Notifying;
  /** The rule that the alert stands below, whose name and labels need not be said again. */
  rule?: Rule;
  isOpen: boolean;
  onToggle: (key: string, isOpen: boolean) => void;
}

export function AlertItem({ rowKey, alert, notifying, rule, isOpen, onToggle }: AlertItemProps) {
  const { labels, state, since, value } = alert;
  const title = rule === undefined ? (labels.alertname ?? titleOf(labels)) : titleOf(labels);
  const said = rule === undefined ? ['alertname'] : ['alertname', 'instance', ...Object.keys(rule.labels)];
  const summary = summaryOf(alert.annotations);
  return (
    <article class={rule === undefined ? 'alert' : 'alert below'} aria-label={`${visible(title, TITLE_MAX)}, ${state}`}>
      <div class="alert-line">
        <StateWord state={state} />
        <Fold isOpen={isOpen} onToggle={() => onToggle(rowKey, !isOpen)}>
          <Name text={title} most={TITLE_MAX} />
        </Fold>
        <LabelChips labels={labels} without={said} most={LABELS_MAX} />
        <span class="fact num" title="Since when it is active">
          <Elapsed since={since} />
        </span>
        <span class="fact num" title={value === undefined ? undefined : `Value: ${formatExact(value)}`}>
          {value !== undefined && formatValue(value)}
        </span>
        <SilenceButton alert={alert} notifying={notifying} title={title} />
      </div>
      {summary !== undefined && (
        <p class="alert-more">
          <Name text={summary} most={SUMMARY_MAX} />
        </p>
      )}
      <Suppression alert={alert} routes={notifying.routes} />
      {isOpen && <AlertDetails alert={alert} />}
    </article>
  );
}

const ICONS = { firing: 'bad', pending: 'warn', inactive: 'good', unknown: 'unknown', recording: 'chart' } as const;

export function StateWord({ state }: { state: keyof typeof ICONS }) {
  return (
    <span class={`state-word ${state}`}>
      <Icon name={ICONS[state]} /> {state}
    </span>
  );
}

interface SilenceButtonProps {
  alert: ShownAlert;
  notifying: Notifying;
  title: string;
}

function SilenceButton({ alert, notifying, title }: SilenceButtonProps) {
  const to = notifying.silence(alert.labels);
  if (to === undefined) return <span />;
  const elsewhere = to.isElsewhere ? { target: '_blank', rel: 'noreferrer' } : {};
  return (
    <a class="button small" href={to.href} {...elsewhere}>
      Silence<span class="sr-only"> {visible(title, TITLE_MAX)}</span>
    </a>
  );
}
