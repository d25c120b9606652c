/** When a silence holds, and what can be done with it. */
import type { Silence } from '../../api/silences';
import { FromNow } from '../../components/Elapsed';
import { PageLink } from '../../components/PageLink';
import { visible } from '../../format/series';
import { ExpireButton } from './ExpireButton';

const COMMENT_MAX = 200;

/** What happens next, or happened last. */
export function When({ silence: { status, startsAt, endsAt } }: { silence: Silence }) {
  if (status.state === 'pending') {
    return (
      <>
        starts <FromNow ms={Date.parse(startsAt)} />
      </>
    );
  }
  return (
    <>
      {status.state === 'active' ? 'ends' : 'ended'} <FromNow ms={Date.parse(endsAt)} />
    </>
  );
}

/** What can be done with a silence. */
export function Actions({ silence }: { silence: Silence }) {
  const { id, comment, status } = silence;
  const about = <span class="sr-only"> {visible(comment, COMMENT_MAX)}</span>;
  if (status.state === 'expired') {
    return (
      <PageLink to="/silences/new" params={{ from: id }} class="button small">
        Create again{about}
      </PageLink>
    );
  }
  return (
    <>
      <PageLink to={`/silences/${encodeURIComponent(id)}/edit`} class="button small">
        Edit{about}
      </PageLink>
      <ExpireButton silence={silence} about={about} />
    </>
  );
}
