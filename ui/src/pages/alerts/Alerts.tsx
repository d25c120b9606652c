/** What fires: by rule, and as people are told of it; and all rules. */
import { PageLink } from '../../components/PageLink';
import { path, query } from '../../router';
import { isReceiver } from '../../scope';
import { Notified } from './Notified';
import { type Notifying, useNotifying } from './notifying';
import { RuleList, useRules } from './RuleList';
import { SentTo } from './SentTo';
import './alerts.css';

const VIEWS = [
  { name: 'alerts', title: 'Alerts', to: '/alerts', params: {} },
  { name: 'notified', title: 'Notifications', to: '/alerts', params: { view: 'notified' } },
  { name: 'rules', title: 'All rules', to: '/rules', params: {} },
] as const;

type View = (typeof VIEWS)[number]['name'];

/** Prometheus has its rules under an address of their own. */
function viewOf(): View {
  if (path.value === '/rules') return 'rules';
  return query.value.get('view') === 'notified' ? 'notified' : 'alerts';
}

export function Alerts() {
  const current = viewOf();
  const notifying = useNotifying();
  if (isReceiver) {
    return (
      <div class="page alerts">
        <h1>Alerts</h1>
        <Notified notifying={notifying} />
      </div>
    );
  }
  return (
    <div class="page alerts">
      <h1>Alerts</h1>
      <nav class="tabs" aria-label="Alerts">
        {VIEWS.map(({ name, title, to, params }) => (
          <PageLink key={name} to={to} params={params} current={name === current}>
            {title}
          </PageLink>
        ))}
      </nav>
      {current === 'alerts' && <ByRule notifying={notifying} />}
      {current === 'rules' && <AllRules notifying={notifying} />}
      {current === 'notified' && <OfNotifications notifying={notifying} />}
    </div>
  );
}

function ByRule({ notifying }: { notifying: Notifying }) {
  return (
    <>
      <RuleList groups={useRules('alert')} notifying={notifying} withAlerts />
      <Elsewhere notifying={notifying} />
    </>
  );
}

function AllRules({ notifying }: { notifying: Notifying }) {
  return <RuleList groups={useRules('all')} notifying={notifying} withAlerts={false} />;
}

function OfNotifications({ notifying }: { notifying: Notifying }) {
  return notifying.where === 'elsewhere' ? <Elsewhere notifying={notifying} /> : <Notified notifying={notifying} />;
}

function Elsewhere({ notifying: { where, destinations } }: { notifying: Notifying }) {
  return where === 'elsewhere' && destinations !== undefined ? <SentTo destinations={destinations} /> : null;
}
