/** What may be done about which alerts, how often, and how it has gone. */
import type { Healing, Limit, Remediation } from '../../api/healing';
import { Card } from '../../components/Card';
import { type Fact, Facts } from '../../components/Facts';
import { Chips } from '../../components/LabelChips';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import { formatCount, plural } from '../../format/number';
import { visible } from '../../format/series';
import { PauseButton } from './PauseDialog';
import { pausesFor } from './runs';

const NAME_MAX = 80;
const TEXT_MAX = 200;
/** The modes there are have short names. */
const MODE_MAX = 12;
/** More remediations than these are a list that nobody reads; the others are counted. */
const SHOWN_MAX = 300;

export function Remediations({ healing }: { healing: Healing }) {
  const { remediations } = healing;
  if (remediations.length === 0) {
    return (
      <Card title="No remediation">
        <p>The configuration has none, so that nothing is ever healed.</p>
      </Card>
    );
  }
  return (
    <div class="remediations">
      {remediations.slice(0, SHOWN_MAX).map((remediation) => (
        <Shown key={remediation.name} remediation={remediation} healing={healing} />
      ))}
      {remediations.length > SHOWN_MAX && (
        <p class="muted">and {plural(remediations.length - SHOWN_MAX, 'more', 'more')}</p>
      )}
    </div>
  );
}

const MODES: Readonly<Record<string, string>> = {
  off: 'off: its alerts are not looked at',
  shadow: 'shadow: decides, and only shows what it would do',
  auto: 'auto: acts',
};

function Shown({ remediation, healing }: { remediation: Remediation; healing: Healing }) {
  const { name, limits, running, succeeded, failed } = remediation;
  const isPaused = pausesFor(healing.pauses, name).length > 0;
  return (
    <Card
      title={<Name text={name} most={NAME_MAX} />}
      aside={<Standing remediation={remediation} isPaused={isPaused} />}
    >
      <p class="remediation-counts">
        <PageLink to="/healing" params={{ search: name.slice(0, TEXT_MAX) }}>
          {formatCount(running)} under way
        </PageLink>
        , <span class="good">{formatCount(succeeded)} succeeded</span>,{' '}
        <span class={failed > 0 ? 'bad' : 'muted'}>{formatCount(failed)} failed</span>
      </p>
      <Facts facts={factsOf(remediation)} />
      <ul class="limits">
        {limits.map((limit) => (
          <LimitBar key={`${limit.runs} ${limit.per}`} limit={limit} />
        ))}
      </ul>
      <div class="actions">
        {!isPaused && <PauseButton healing={healing} text="Pause…" order={{ scope: 'remediation', name }} />}
        <PageLink to="/healing" params={{ view: 'audit', remediation: name }} class="button">
          Decisions<span class="sr-only"> about {visible(name, NAME_MAX)}</span>
        </PageLink>
      </div>
    </Card>
  );
}

function Standing({ remediation: { mode, breaker_open }, isPaused }: { remediation: Remediation; isPaused: boolean }) {
  if (isPaused) return <span class="warn">paused</span>;
  if (breaker_open) return <span class="warn">breaker open</span>;
  return <Name text={mode} most={MODE_MAX} />;
}

function factsOf({ mode, match, target, steps, cooldown }: Remediation): Fact[] {
  return [
    ['Mode', MODES[mode] ?? <Name key="mode" text={mode} most={NAME_MAX} />],
    ['Alerts with', <Chips key="match" texts={match.map((one) => visible(one, TEXT_MAX))} />],
    ['Heals each', <Chips key="target" texts={target.map((one) => visible(one, TEXT_MAX))} />],
    [
      'Steps',
      <ol key="steps" class="remediation-steps">
        {steps.map(({ kind, what, timeout }, index) => (
          // Steps have no other identity than their place.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <Name text={what} most={TEXT_MAX} />{' '}
            <span class="muted">
              ({visible(kind, NAME_MAX)}, at most {visible(timeout, NAME_MAX)})
            </span>
          </li>
        ))}
      </ol>,
    ],
    ['Cooldown', <Name key="cooldown" text={cooldown} most={NAME_MAX} />],
  ];
}

function LimitBar({ limit: { runs, per, used } }: { limit: Limit }) {
  const share = runs > 0 ? Math.min(used / runs, 1) : 1;
  return (
    <li>
      <span>
        {formatCount(used)} of {plural(runs, 'run')} per <Name text={per} most={NAME_MAX} /> used by the busiest target
      </span>
      <span class={share >= 1 ? 'bar full' : 'bar'}>
        <span style={{ width: `${share * 100}%` }} />
      </span>
    </li>
  );
}
