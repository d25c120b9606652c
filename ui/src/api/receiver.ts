/** What a receiver of alerts says about itself. */
import { askAlertmanager } from './alertmanager';
import type { Outcome } from './failure';
import { list, object, text, withDefault } from './shape';

export interface ReceiverStatus {
  /** RFC 3339: since when it runs. */
  uptime: string;
  cluster: { status: string; peers: { name: string; address: string }[] };
  /** The configuration in force, without its secrets. */
  config: { original: string };
  versionInfo: {
    version: string;
    revision: string;
    branch: string;
    buildDate: string;
    buildUser: string;
    goVersion: string;
  };
}

const string = withDefault(text, '');

const status = object<ReceiverStatus>({
  uptime: text,
  cluster: object({ status: string, peers: withDefault(list(object({ name: string, address: string })), []) }),
  config: object({ original: string }),
  versionInfo: object({
    version: string,
    revision: string,
    branch: string,
    buildDate: string,
    buildUser: string,
    goVersion: string,
  }),
});

export function askReceiverStatus(signal?: AbortSignal): Promise<Outcome<ReceiverStatus>> {
  return askAlertmanager('status', {}, status, { signal });
}
