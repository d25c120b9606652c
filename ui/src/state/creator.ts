/** Who sits here: what goes into the records of silences, pauses and cancelled runs. Nobody checks it; it is remembered in this browser. */
import { stored } from './stored';

export const creator = stored('creator', '', (value): value is string => typeof value === 'string');
