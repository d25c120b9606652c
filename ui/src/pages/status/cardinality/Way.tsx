/** The way from all series down to what is shown, and back. */
import { Name } from '../../../components/Name';
import { PageLink } from '../../../components/PageLink';
import { stepsOf, type View } from './view';

const NAME_MAX = 80;

export function Way({ view }: { view: View }) {
  const steps = stepsOf(view);
  if (steps.length < 2) return null;
  return (
    <nav class="way" aria-label="Series">
      <ol>
        {steps.map(({ what, name, params }, index) => (
          <li key={what}>
            <PageLink to="/cardinality" params={params} current={index === steps.length - 1}>
              {what}
              {name !== undefined && (
                <>
                  {' '}
                  <Name text={name} most={NAME_MAX} code />
                </>
              )}
            </PageLink>
          </li>
        ))}
      </ol>
    </nav>
  );
}
