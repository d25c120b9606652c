/** What is wrong now, or that nothing is. */
import { type Outcome, success } from '../../api/failure';
import { askVector } from '../../api/query';
import { askRuntimeInfo, type RuntimeInfo } from '../../api/status';
import type { Target } from '../../api/targets';
import { Card } from '../../components/Card';
import { Icon } from '../../components/Icon';
import { Trouble } from '../../components/Trouble';
import { plural } from '../../format/number';
import { offset } from '../../state/clock';
import { type Snapshot, useResource } from '../../state/resource';
import { CHECKS, type Finding, ofClock, ofFindings, ofRuntime, ofTargets } from './problems';

const CHECK_EVERY_MS = 10_000;
const LISTED_MAX = 12;

export function Problems({ targets }: { targets: Snapshot<Target[]> }) {
  const runtime = useResource<RuntimeInfo>('runtimeinfo', askRuntimeInfo, CHECK_EVERY_MS);
  const checks = useResource<Finding[]>('checks', runChecks, CHECK_EVERY_MS);
  const failure = targets.failure ?? runtime.failure ?? checks.failure;
  const isKnown = targets.value !== undefined && runtime.value !== undefined && checks.value !== undefined;
  const problems = [
    ...ofTargets(targets.value ?? []),
    ...(runtime.value === undefined ? [] : ofRuntime(runtime.value)),
    ...ofFindings(checks.value ?? []),
    ...ofClock(offset.value),
  ].toSorted((a, b) => Number(a.level === 'warn') - Number(b.level === 'warn'));
  return (
    <Card
      class="problems"
      title="Wrong now"
      aside={isKnown && problems.length > 0 && <span class="bad">{plural(problems.length, 'problem')}</span>}
    >
      {!isKnown && failure !== undefined && <Trouble failure={failure} />}
      {isKnown && problems.length === 0 && (
        <p class="all-well">
          <Icon name="good" /> Nothing. {everythingOf(targets.value ?? [])}
        </p>
      )}
      <ul class="problem-list" aria-live="polite">
        {problems.slice(0, LISTED_MAX).map((problem) => (
          <li key={problem.text} class={problem.level}>
            <Icon name={problem.level} />
            <span class="sr-only">{problem.level === 'bad' ? 'Problem:' : 'Warning:'}</span>
            {problem.href === undefined ? <span>{problem.text}</span> : <a href={problem.href}>{problem.text}</a>}
          </li>
        ))}
      </ul>
      {problems.length > LISTED_MAX && (
        <p class="muted small">and {plural(problems.length - LISTED_MAX, 'more problem')}</p>
      )}
    </Card>
  );
}

function everythingOf(targets: readonly Target[]): string {
  if (targets.length === 0) return 'But nothing is scraped either: add a job to the configuration.';
  return `${plural(targets.length, 'target')} up, disks, memory, units and clocks as they should be.`;
}

async function runChecks(signal: AbortSignal): Promise<Outcome<Finding[]>> {
  const answers = await Promise.all(
    CHECKS.map(async (check) => ({ check, outcome: await askVector(check.expr, signal) })),
  );
  const findings: Finding[] = [];
  for (const { check, outcome } of answers) {
    if (!outcome.ok) return outcome;
    findings.push(...outcome.value.map((sample) => ({ check, sample })));
  }
  return success(findings);
}
