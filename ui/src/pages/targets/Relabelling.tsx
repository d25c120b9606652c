/** What the rules of a job make of a target's labels: the labels before, each rule with what it changed, the labels after. */
import { askRelabelSteps, type Rule, type Step } from '../../api/relabel';
import type { Labels } from '../../api/query';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { Waiting } from '../../components/Waiting';
import { useResource } from '../../state/resource';
import { LabelTable } from './LabelTable';
import { type Change, fieldsOf, type ShownStep, shownSteps } from './steps';

const TEXT_MAX = 1000;

export function Relabelling({ pool, labels }: { pool: string; labels: Labels }) {
  const key = `relabel ${pool} ${JSON.stringify(labels)}`;
  const answer = useResource<Step[]>(key, (signal) => askRelabelSteps(pool, labels, signal));
  return (
    <div class="relabelling">
      <section>
        <h3>
          Discovered by the job <Name text={pool} most={80} />
        </h3>
        <LabelTable labels={labels} />
      </section>
      <Waiting on={answer}>{(steps) => <Steps discovered={labels} steps={steps} />}</Waiting>
    </div>
  );
}

function Steps({ discovered, steps }: { discovered: Labels; steps: readonly Step[] }) {
  const shown = shownSteps(discovered, steps);
  const isDropped = shown.at(-1)?.isDropped === true;
  return (
    <>
      {steps.length === 0 && <p class="muted">The job has no relabel_configs: the labels stay as they are.</p>}
      <ol class="steps">
        {shown.map((step, index) => (
          // Rules have no other identity than their place.
          // oxlint-disable-next-line react/no-array-index-key
          <StepView key={index} number={index + 1} step={step} />
        ))}
      </ol>
      {steps.length > shown.length && <p class="muted">The rules after that no longer matter.</p>}
      {!isDropped && (
        <section>
          <h3>After all rules</h3>
          <LabelTable labels={steps.at(-1)?.output ?? discovered} />
          <p class="muted small">
            Labels that begin with __ say how to scrape; they do not become part of series. Without an instance, the
            address becomes one.
          </p>
        </section>
      )}
    </>
  );
}

function StepView({ number, step: { rule, changes, isDropped } }: { number: number; step: ShownStep }) {
  return (
    <li class={isDropped ? 'step dropping' : 'step'}>
      <h3>Rule {number}</h3>
      <RuleText rule={rule} />
      {isDropped ? (
        <p class="bad inline">
          <Icon name="bad" /> drops the target
        </p>
      ) : (
        <Changes changes={changes} />
      )}
    </li>
  );
}

function RuleText({ rule }: { rule: Rule }) {
  return (
    <dl class="rule">
      {fieldsOf(rule).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Name text={value} most={TEXT_MAX} code />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Changes({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return <p class="muted">changes nothing</p>;
  return (
    <ul class="changes">
      {changes.map(({ name, before, after }) => (
        <li key={name} class={before === undefined ? 'good' : after === undefined ? 'bad' : 'warn'}>
          <Icon name={before === undefined ? 'plus' : after === undefined ? 'minus' : 'right'} />
          <span>
            <span class="sr-only">{before === undefined ? 'adds' : after === undefined ? 'removes' : 'changes'} </span>
            <Name text={name} most={TEXT_MAX} code />
            {' = '}
            {before !== undefined && (
              <del>
                <Name text={before} most={TEXT_MAX} code />
              </del>
            )}
            {before !== undefined && after !== undefined && ' → '}
            {after !== undefined && (
              <ins>
                <Name text={after} most={TEXT_MAX} code />
              </ins>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
