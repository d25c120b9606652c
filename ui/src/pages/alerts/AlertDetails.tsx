/** Everything that is known about an alert. */
import type { ComponentChildren } from 'preact';
import type { Labels } from '../../api/query';
import { Copy } from '../../components/Copy';
import { type Fact, Facts } from '../../components/Facts';
import { ForeignLink, isFollowable } from '../../components/ForeignLink';
import { Icon } from '../../components/Icon';
import { Moment } from '../../components/Moment';
import { Name } from '../../components/Name';
import { formatExact } from '../../format/number';
import { selector, visible } from '../../format/series';
import { LabelTable } from '../targets/LabelTable';
import type { ShownAlert } from './shown';

const TEXT_MAX = 4000;
const NAME_MAX = 100;

export function AlertDetails({ alert }: { alert: ShownAlert }) {
  return (
    <div class="alert-details">
      <Facts facts={factsOf(alert)} />
      <section>
        <h3>Labels</h3>
        <LabelTable labels={alert.labels} />
      </section>
      {Object.keys(alert.annotations).length > 0 && (
        <section>
          <h3>Annotations</h3>
          <Annotations annotations={alert.annotations} />
        </section>
      )}
      <div class="actions">
        <LinkButtons annotations={alert.annotations} origin={alert.origin} />
        <Copy label="Copy labels" text={() => selector(alert.labels)} />
      </div>
    </div>
  );
}

function factsOf({ since, keptSince, value, receivers }: ShownAlert): Fact[] {
  const facts: Fact[] = [['Active since', <Moment key="since" ms={since} />]];
  if (keptSince !== undefined) facts.push(['Kept firing since', <Moment key="kept" ms={keptSince} />]);
  if (value !== undefined) facts.push(['Value', formatExact(value)]);
  if (receivers.length > 0) facts.push(['Notified to', <Name key="receivers" text={receivers.join(', ')} />]);
  return facts;
}

/** Texts that people wrote, links among them as links. */
export function Annotations({ annotations }: { annotations: Labels }) {
  const facts = Object.entries(annotations).map(([name, value]): Fact => [
    visible(name === '' ? '(empty)' : name, NAME_MAX),
    <ForeignLink key={name} address={value}>
      <Name text={value} most={TEXT_MAX} />
    </ForeignLink>,
  ]);
  return <Facts facts={facts} />;
}

/** What a reader goes to first, in an order that does not change. */
const LINKS: readonly [name: string, text: string][] = [
  ['runbook_url', 'Runbook'],
  ['runbook', 'Runbook'],
  ['dashboard_url', 'Dashboard'],
  ['dashboard', 'Dashboard'],
];

function LinkButtons({ annotations, origin }: { annotations: Labels; origin: string }) {
  const links = LINKS.map(([name, text]): [address: string, text: ComponentChildren] => [
    annotations[name] ?? '',
    text,
  ]);
  links.push([origin, 'Where it came from']);
  return (
    <>
      {links
        .filter(([address]) => isFollowable(address))
        .map(([address, text]) => (
          <ForeignLink key={text} address={address} class="button">
            <Icon name="right" /> {text}
          </ForeignLink>
        ))}
    </>
  );
}
