/** A few numbers side by side, each with its name. */
import type { Fact } from './Facts';

export function Figures({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="figures">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
