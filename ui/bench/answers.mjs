/** Answers of the size that the budgets speak of, made once. The numbers have all their digits, as rates have. */

const START = 1_790_000_000;

/** A generator with a seed: every run measures the same. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const envelope = (data) => Buffer.from(`{"status":"success","data":${data}}`);
const result = (resultType, items) => envelope(`{"resultType":"${resultType}","result":[${items.join(',')}]}`);

const labels = (index) =>
  `{"__name__":"node_cpu_seconds_total","cpu":"${index % 64}","instance":"host-${Math.floor(index / 64)}.example.net:9100","job":"node","mode":"user"}`;

/** A range query: random walks. */
export function matrix(series, points, step) {
  const random = generator(42);
  return result(
    'matrix',
    Array.from({ length: series }, (_, index) => {
      let value = random() * 100;
      const values = Array.from({ length: points }, (__, at) => {
        value += random() - 0.5;
        return `[${START + at * step},"${value}"]`;
      });
      return `{"metric":${labels(index)},"values":[${values.join(',')}]}`;
    }),
  );
}

/** An instant query. */
export function vector(series) {
  const random = generator(43);
  return result(
    'vector',
    Array.from({ length: series }, (_, index) => `{"metric":${labels(index)},"value":[${START},"${random() * 1e9}"]}`),
  );
}

/** Where a range of so many points ends, as the address says it. */
export function addressOf(points, step) {
  const end = new Date((START + (points - 1) * step) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return new URLSearchParams({
    'g0.expr': 'x',
    'g0.tab': 'graph',
    'g0.range_input': `${(points - 1) * step}s`,
    'g0.end_input': end,
    'g0.res_type': 'fixed',
    'g0.res_step': String(step),
    'g0.step_input': String(step),
  });
}

/** The address of a made-up target; on this host, so that nobody else is asked. */
export const targetAddress = (index) => `127.1.${index >> 8}.${index & 255}:9100`;
/** Jobs that targets are spread over. */
export const JOBS = 5;

/** A listing of targets in a few jobs, every fiftieth of them down. */
export function targets(count) {
  const active = Array.from({ length: count }, (_, index) => {
    const address = targetAddress(index);
    const job = `job-${index % JOBS}`;
    const isDown = index % 50 === 7;
    return {
      discoveredLabels: {
        __address__: address,
        __metrics_path__: '/metrics',
        __scheme__: 'http',
        job,
        zone: 'eu-west',
      },
      labels: { instance: address, job, zone: 'eu-west' },
      scrapePool: job,
      scrapeUrl: `http://${address}/metrics`,
      globalUrl: `http://${address}/metrics`,
      lastError: isDown ? `Get "http://${address}/metrics": connection refused` : '',
      lastScrape: '2026-11-26T12:00:00Z',
      lastScrapeDuration: 0.0123,
      health: isDown ? 'down' : 'up',
      scrapeInterval: '15s',
      scrapeTimeout: '10s',
      lastScrapeDetails: { samples: 1200, series: 1206, bodyBytes: 150_000, wireBytes: 30_000, clockSkewSeconds: 0.1 },
    };
  });
  return envelope(JSON.stringify({ activeTargets: active, droppedTargets: [], droppedTargetCounts: {} }));
}

/** What the storage holds: four rankings of so many entries. */
export function storage(entries) {
  const ranked = (name) =>
    Array.from({ length: entries }, (_, index) => ({ name: name(index), value: 90_000 - index }));
  return envelope(
    JSON.stringify({
      headStats: {
        numSeries: 5_000_000,
        numLabelPairs: 80_000,
        chunkCount: 9_000_000,
        minTime: START * 1000,
        maxTime: (START + 7200) * 1000,
      },
      seriesCountByMetricName: ranked((index) => `application_requests_handled_${index}_total`),
      labelValueCountByLabelName: ranked((index) => `label_${index}`),
      memoryInBytesByLabelName: ranked((index) => `label_${index}`),
      seriesCountByLabelValuePair: ranked((index) => `instance=${targetAddress(index)}`),
    }),
  );
}
