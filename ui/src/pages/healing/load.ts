/** Asks for everything about healing, if the server heals. */
import { askHealing, type Healing } from '../../api/healing';
import { rarelyIfAbsent } from '../../state/absent';

export const loadHealing = rarelyIfAbsent<Healing>((signal) => askHealing(signal));
