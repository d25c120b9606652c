/** Silences: the list, one of them, and the form for a new one, under addresses of their own. */
import { path } from '../../router';
import { useNotifying } from '../alerts/notifying';
import { SentTo } from '../alerts/SentTo';
import { EditSilence, NewSilence } from './SilenceForm';
import { SilenceList } from './SilenceList';
import { SilenceView } from './SilenceView';
import '../alerts/alerts.css';
import './silences.css';

export function Silences() {
  const notifying = useNotifying();
  const [, , id = '', action] = path.value.split('/');
  return (
    <div class="page silences">
      {notifying.where === 'elsewhere' ? (
        <>
          <h1>Silences</h1>
          {notifying.destinations !== undefined && <SentTo destinations={notifying.destinations} />}
        </>
      ) : id === '' ? (
        <SilenceList />
      ) : id === 'new' ? (
        <NewSilence />
      ) : action === 'edit' ? (
        <EditSilence key={id} id={decoded(id)} />
      ) : (
        <SilenceView key={id} id={decoded(id)} />
      )}
    </div>
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
