import { describe, expect, it } from 'vitest';
import { type Declared, declaredNames, unitOf } from './unit';

describe('the unit of an expression', () => {
  it.each([
    ['node_memory_MemAvailable_bytes', 'bytes'],
    ['sum by (instance) (node_memory_MemFree_bytes{job="x_seconds"})', 'bytes'],
    ['node_memory_MemTotal_bytes - node_memory_MemFree_bytes', 'bytes'],
    ['topk(3, node_filesystem_avail_bytes)', 'bytes'],
    ['rate(node_network_receive_bytes_total[5m])', 'bytes/s'],
    ['sum(rate(node_network_receive_bytes_total[5m])) by (device)', 'bytes/s'],
    ['rate(prometheus_http_requests_total[5m])', '1/s'],
    ['rate(http_request_duration_seconds_count[5m])', '1/s'],
    ['scrape_duration_seconds', 'seconds'],
    ['max_over_time(scrape_duration_seconds[1h:5m] offset 1d)', 'seconds'],
    ['node_cpu_seconds_total', 'seconds'],
    ['node_cooling_ratio', 'ratio'],
    // Not obvious, so none.
    ['rate(node_cpu_seconds_total[5m])', 'none'],
    ['node_memory_MemFree_bytes / node_memory_MemTotal_bytes', 'none'],
    ['node_memory_MemFree_bytes * 8', 'none'],
    ['count(node_memory_MemFree_bytes)', 'none'],
    ['changes(process_start_time_seconds[1h])', 'none'],
    ['process_start_time_seconds', 'none'],
    ['node_memory_MemFree_bytes + scrape_duration_seconds', 'none'],
    ['http_request_duration_seconds_bucket', 'none'],
    ['up', 'none'],
    ['node_load1', 'none'],
    ['1e9', 'none'],
    ['"a_bytes"', 'none'],
    ['', 'none'],
  ])('%s: %s', (expr, unit) => {
    expect(unitOf(expr)).toBe(unit);
  });
});

describe('what targets declare', () => {
  const declared: Declared = new Map([
    ['queue_size', [{ type: 'gauge', unit: 'bytes' }]],
    ['latency', [{ type: 'histogram', unit: 's' }]],
    ['work', [{ type: 'counter', unit: 'seconds' }]],
    ['jobs', [{ type: 'counter', unit: '' }]],
    ['odd_bytes', [{ type: 'gauge', unit: 'furlongs' }]],
    [
      'disputed_bytes',
      [
        { type: 'gauge', unit: 'bytes' },
        { type: 'gauge', unit: 'seconds' },
      ],
    ],
  ]);

  it.each([
    ['queue_size', 'bytes'],
    ['deriv(queue_size[5m])', 'bytes/s'],
    ['latency_sum', 'seconds'],
    ['rate(latency_count[5m])', '1/s'],
    ['work_total', 'seconds'],
    ['rate(jobs[5m])', '1/s'],
    ['node_memory_MemFree_bytes', 'bytes'],
    // A unit that the pages have no way to write is not guessed otherwise.
    ['odd_bytes', 'none'],
    // Where targets disagree, the name decides.
    ['disputed_bytes', 'bytes'],
    ['constructor', 'none'],
  ])('about %s: %s', (expr, unit) => {
    expect(unitOf(expr, declared)).toBe(unit);
  });

  it('is asked for by the names that metadata have, and only where it matters', () => {
    expect(declaredNames('sum by (job) (rate(work_total{a="b"}[5m])) + queue_size')).toEqual([
      'work_total',
      'work',
      'queue_size',
    ]);
    expect(declaredNames('a / b')).toEqual([]);
    expect(declaredNames('count(a)')).toEqual([]);
  });
});
