/** Whether times are shown in the browser's zone or in UTC. */
import { oneOf, stored } from './stored';

export type Zone = 'local' | 'utc';

export const zone = stored<Zone>('zone', 'local', oneOf('local', 'utc'));
