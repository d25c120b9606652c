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

const success = (resultType, result) => Buffer.from(`{"status":"success","data":{"resultType":"${resultType}","result":[${result.join(',')}]}}`);

const labels = (index) => `{"__name__":"node_cpu_seconds_total","cpu":"${index % 64}","instance":"host-${Math.floor(index / 64)}.example.net:9100","job":"node","mode":"user"}`;

/** A range query: random walks. */
export function matrix(series, points, step) {
  const random = generator(42);
  return success(
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
  return success('vector', Array.from({ length: series }, (_, index) => `{"metric":${labels(index)},"value":[${START},"${random() * 1e9}"]}`));
}

/** Where a range of so many points ends, as the address says it. */
export function addressOf(points, step) {
  const end = new Date((START + (points - 1) * step) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return new URLSearchParams({ 'g0.expr': 'x', 'g0.tab': 'graph', 'g0.range_input': `${(points - 1) * step}s`, 'g0.end_input': end, 'g0.res_type': 'fixed', 'g0.res_step': String(step) });
}
