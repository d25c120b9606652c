/** One target: its state in a line, and the error of its last scrape in full; on demand everything that is known. */
import type { ListedTarget } from '../../api/listing';
import { type Health, nameOf } from '../../api/targets';
import { Icon, type IconName } from '../../components/Icon';
import { Name } from '../../components/Name';
import { parseDuration } from '../../format/duration';
import { formatCount, formatSeconds, formatValue } from '../../format/number';
import { visible } from '../../format/series';
import { parseMoment } from '../../format/time';
import { WORTH_SAYING_S } from '../../state/clock';
import { Ago } from './Ago';
import { skewText } from './skew';
import { TargetDetails } from './TargetDetails';

const ICONS: Readonly<Record<Health, IconName>> = { up: 'good', down: 'bad', unknown: 'unknown' };
/** Labels beside those that all targets have, as many as there is room for. */
const LABELS_MAX = 4;
const LABEL_MAX = 48;
/** Errors that are longer than this are shown in full among the details. */
const ERROR_MAX = 600;

export interface TargetItemProps {
  rowKey: string;
  target: ListedTarget;
  isOpen: boolean;
  onToggle: (key: string) => void;
}

export function TargetItem({ rowKey, target, isOpen, onToggle }: TargetItemProps) {
  const { health, lastError, lastScrapeDetails: details } = target;
  return (
    <article class={`target ${health}`} aria-label={visible(nameOf(target), 100)}>
      <div class="target-line">
        <span class="target-health">
          <Icon name={ICONS[health]} /> {health}
        </span>
        <button type="button" class="fold target-name" aria-expanded={isOpen} onClick={() => onToggle(rowKey)}>
          <Icon name={isOpen ? 'down' : 'right'} />
          <Name text={nameOf(target)} most={120} />
        </button>
        <LabelList target={target} />
        <span class="target-fact num">
          <Ago ms={parseMoment(target.lastScrape)} />
        </span>
        <span class={isSlow(target) ? 'target-fact num warn' : 'target-fact num'} title="How long the last scrape took">
          {parseMoment(target.lastScrape) === undefined ? '' : formatSeconds(target.lastScrapeDuration)}
        </span>
        <span class="target-fact num" title="The last answer: samples and size">
          {details !== undefined && details.bodyBytes > 0 && (
            <>
              {formatCount(details.samples)} <span class="muted">in {formatValue(details.bodyBytes, 'bytes')}</span>
            </>
          )}
        </span>
      </div>
      {lastError !== '' && <LastError text={lastError} isOpen={isOpen} />}
      {isSkewed(target) && (
        <p class="target-error warn">Its clock is {skewText(details?.clockSkewSeconds ?? 0)}; run NTP on both.</p>
      )}
      {isOpen && <TargetDetails target={target} />}
    </article>
  );
}

function LastError({ text, isOpen }: { text: string; isOpen: boolean }) {
  if (!isOpen || text.length <= ERROR_MAX) {
    return (
      <p class="target-error">
        <Name text={text} most={ERROR_MAX} />
      </p>
    );
  }
  return (
    // Scrolls by itself, so it has to be reachable for the arrow keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="target-error whole" tabIndex={0} role="region" aria-label="The whole error">
      <Name text={text} most={text.length} />
    </div>
  );
}

function LabelList({ target: { labels, scrapePool } }: { target: ListedTarget }) {
  // The head of the pool says the job already, and the name the instance.
  const others = Object.entries(labels).filter(
    ([name, value]) => name !== 'instance' && (name !== 'job' || value !== scrapePool),
  );
  return (
    <span class="target-labels">
      {others.slice(0, LABELS_MAX).map(([name, value]) => (
        <span key={name} class="label">
          <Name text={`${visible(name, LABEL_MAX)}="${visible(value, LABEL_MAX)}"`} code />
        </span>
      ))}
      {others.length > LABELS_MAX && <span class="muted">+{others.length - LABELS_MAX}</span>}
    </span>
  );
}

/** The share of the timeout from which on a scrape is about to fail. */
const SLOW_SHARE = 0.8;

function isSlow({ lastScrapeDuration, scrapeTimeout }: ListedTarget): boolean {
  const timeout = parseDuration(scrapeTimeout);
  return timeout !== undefined && lastScrapeDuration > timeout * SLOW_SHARE;
}

function isSkewed({ lastScrapeDetails }: ListedTarget): boolean {
  return Math.abs(lastScrapeDetails?.clockSkewSeconds ?? 0) > WORTH_SAYING_S;
}
