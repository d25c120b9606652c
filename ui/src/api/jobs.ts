/** `regain/jobs`: what each job costs. `docs/api.md` says what is measured and what is estimated. */
import { mapOutcome, type Outcome } from './failure';
import { ask } from './request';
import { type Decoder, list, number, object, optional, text } from './shape';

export interface Cost {
  samplesPerSecond: number;
  wireBytesPerSecond: number;
  /** Unknown where it is not measured. */
  cpuSecondsPerSecond: number | undefined;
  memoryBytes: number;
  /** Unknown until the store has written its first segment. */
  diskBytesPerDay: number | undefined;
}

export interface WhatIf extends Cost {
  scrapeInterval: string;
}

export interface Job {
  scrapePool: string;
  scrapeInterval: string;
  scrapeTimeout: string;
  targets: { up: number; down: number; unknown: number; dropped: number };
  series: number;
  /** One scrape of every target. */
  round: {
    samples: number;
    bodyBytes: number;
    wireBytes: number;
    cpuSeconds: number | undefined;
    slowestSeconds: number;
  };
  now: Cost;
  whatIf: WhatIf[];
}

const costFields = {
  samplesPerSecond: number,
  wireBytesPerSecond: number,
  cpuSecondsPerSecond: optional(number),
  memoryBytes: number,
  diskBytesPerDay: optional(number),
};

const job: Decoder<Job> = object<Job>({
  scrapePool: text,
  scrapeInterval: text,
  scrapeTimeout: text,
  targets: object({ up: number, down: number, unknown: number, dropped: number }),
  series: number,
  round: object<Job['round']>({
    samples: number,
    bodyBytes: number,
    wireBytes: number,
    cpuSeconds: optional(number),
    slowestSeconds: number,
  }),
  now: object<Cost>(costFields),
  whatIf: list(object<WhatIf>({ ...costFields, scrapeInterval: text })),
});

const answer = object<{ jobs: Job[] }>({ jobs: list(job) });

export async function askJobs(signal?: AbortSignal): Promise<Outcome<Job[]>> {
  return mapOutcome(await ask('regain/jobs', {}, answer, { signal }), ({ jobs }) => jobs);
}
