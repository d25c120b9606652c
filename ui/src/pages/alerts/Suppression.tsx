/** Why nobody is told of an alert, with links to what keeps it quiet. */
import { Fragment, type ComponentChildren } from 'preact';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import type { ShownAlert } from './shown';
import { isSuppressed, type Routes } from './routed';

/** More reasons of one kind are counted. */
const REASONS_MAX = 3;
const ID_LENGTH = 8;
const NAME_MAX = 80;

export function Suppression({
  alert: { status, keptSince },
  routes,
}: {
  alert: ShownAlert;
  routes: Routes | undefined;
}) {
  const kept = keptSince !== undefined && <span>Its condition no longer holds; keep_firing_for lets it fire on.</span>;
  if (status === undefined || !isSuppressed(status))
    return kept === false ? null : <p class="alert-more muted">{kept}</p>;
  return (
    <p class="alert-more suppressed">
      <Icon name="minus" />
      <span>
        Nobody is told: <Reasons word="silenced by" of={status.silencedBy} show={silenceOf} />
        <Reasons word="inhibited by" of={status.inhibitedBy} show={(fingerprint) => inhibitorOf(fingerprint, routes)} />
        <Reasons word="muted by the time interval" of={status.mutedBy} show={intervalOf} /> {kept}
      </span>
    </p>
  );
}

interface ReasonsProps {
  word: string;
  of: readonly string[];
  show: (reason: string) => ComponentChildren;
}

function Reasons({ word, of, show }: ReasonsProps) {
  if (of.length === 0) return null;
  return (
    <span class="reason">
      {word}{' '}
      {of.slice(0, REASONS_MAX).map((reason, index) => (
        <Fragment key={reason}>
          {index > 0 && ', '}
          {show(reason)}
        </Fragment>
      ))}
      {of.length > REASONS_MAX && ` and ${of.length - REASONS_MAX} more`}
    </span>
  );
}

function silenceOf(id: string) {
  return (
    <PageLink to={`/silences/${encodeURIComponent(id)}`}>
      silence <Name text={id.slice(0, ID_LENGTH)} code />
    </PageLink>
  );
}

function intervalOf(name: string) {
  return <Name text={name} most={NAME_MAX} />;
}

function inhibitorOf(fingerprint: string, routes: Routes | undefined) {
  const inhibitor = routes?.byFingerprint(fingerprint);
  if (inhibitor === undefined) return <Name text={fingerprint} most={NAME_MAX} code />;
  const { alertname = '', instance = '' } = inhibitor.labels;
  return (
    <PageLink to="/alerts" params={{ search: `${alertname} ${instance}`.slice(0, 200) }}>
      <Name text={alertname} most={NAME_MAX} />
      {instance !== '' && (
        <>
          {' '}
          of <Name text={instance} most={NAME_MAX} />
        </>
      )}
    </PageLink>
  );
}
