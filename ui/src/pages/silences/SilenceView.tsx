/** One silence, and the alerts that it is about. */
import { askSilence, type Silence } from '../../api/silences';
import { Card } from '../../components/Card';
import { type Fact, Facts } from '../../components/Facts';
import { Chips } from '../../components/LabelChips';
import { Moment } from '../../components/Moment';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import { Waiting } from '../../components/Waiting';
import { visible } from '../../format/series';
import { parseMoment } from '../../format/time';
import { isAbsent } from '../../state/absent';
import { useResource } from '../../state/resource';
import { Annotations } from '../alerts/AlertDetails';
import { REFRESH_MS } from '../alerts/notifying';
import { Affected } from './Affected';
import { formatMatcher } from './matchers';
import { Actions, When } from './SilenceActions';

const MATCHER_MAX = 300;
const TEXT_MAX = 4000;

export function SilenceView({ id }: { id: string }) {
  const silence = useResource<Silence>(`silence ${id}`, (signal) => askSilence(id, signal), REFRESH_MS);
  return (
    <>
      <p class="back">
        <PageLink to="/silences">All silences</PageLink>
      </p>
      {isAbsent(silence) ? <Gone id={id} /> : <Waiting on={silence}>{(value) => <Whole silence={value} />}</Waiting>}
    </>
  );
}

function Whole({ silence }: { silence: Silence }) {
  const { status, matchers } = silence;
  return (
    <>
      <div class="page-head">
        <h1>
          {TITLES[status.state]}{' '}
          <span class="muted">
            · <When silence={silence} />
          </span>
        </h1>
        <span class="silence-actions">
          <Actions silence={silence} />
        </span>
      </div>
      <Card title="What it says">
        <Facts facts={factsOf(silence)} />
      </Card>
      {status.state !== 'expired' && <Affected title="Alerts that it matches now" matchers={matchers} />}
    </>
  );
}

const TITLES = { active: 'Silence in force', pending: 'Silence to come', expired: 'Silence that is over' } as const;

function factsOf({ id, matchers, startsAt, endsAt, updatedAt, createdBy, comment, annotations }: Silence): Fact[] {
  const facts: Fact[] = [
    ['Comment', <Name key="comment" text={comment} most={TEXT_MAX} />],
    [
      'Matchers',
      <Chips key="matchers" texts={matchers.map((one) => visible(formatMatcher(one), MATCHER_MAX))} most={100} />,
    ],
    ['Starts', <Moment key="starts" ms={parseMoment(startsAt)} />],
    ['Ends', <Moment key="ends" ms={parseMoment(endsAt)} />],
    ['Created by', <Name key="by" text={createdBy} most={TEXT_MAX} />],
    ['Last changed', <Moment key="updated" ms={parseMoment(updatedAt)} />],
    ['Identifier', <Name key="id" text={id} code />],
  ];
  if (Object.keys(annotations).length > 0)
    facts.push(['Annotations', <Annotations key="annotations" annotations={annotations} />]);
  return facts;
}

export function Gone({ id }: { id: string }) {
  return (
    <Card title="There is no such silence">
      <p>
        <Name text={id} most={100} code /> is not known here. Silences that are over are forgotten after some days.
      </p>
    </Card>
  );
}
