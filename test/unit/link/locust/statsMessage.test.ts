import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packEnvelope } from '../../../../src/link/locust/envelope.js';
import { StatsMessage } from '../../../../src/link/locust/statsMessage.js';
import { IntervalRecorder, locustErrorKey } from '../../../../src/stats/index.js';

interface Golden {
  readonly bucket: readonly (readonly [milliseconds: number, bucket: number])[];
  readonly error_parse: readonly (readonly [text: string, grouped: string])[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../golden/golden-stats.json', import.meta.url), 'utf8'),
) as Golden;

/** What a message says of the samples of these seconds, the first of which begins at 1,700,000,000. */
function message(...seconds: readonly ((recorder: IntervalRecorder) => void)[]): Record<string, unknown> {
  let now = 1_700_000_000;
  const recorder = new IntervalRecorder({ now: () => now });
  const stats = new StatsMessage(now);
  for (const record of seconds) {
    now += 0.25;
    record(recorder);
    now += 0.75;
    stats.add(recorder.takeInterval({ isWarmup: false }));
  }
  return stats.take(now);
}

function entries(taken: Record<string, unknown>): readonly Record<string, unknown>[] {
  return taken['stats'] as readonly Record<string, unknown>[];
}

test('an entry has the fourteen fields of Locust, in its order, and the sums of all seconds', () => {
  const taken = message(
    (recorder) => {
      recorder.entry('GET', '/a').record(12_000, 100);
      recorder.entry('GET', '/a').record(250_000, 50);
      recorder.entry('GET', '/a').recordUntimed(7);
    },
    (recorder) => recorder.entry('GET', '/a').recordFailure(3_000, 1, 'refused'),
  );
  expect(Object.entries(entries(taken)[0]!)).toEqual([
    ['name', '/a'],
    ['method', 'GET'],
    ['last_request_timestamp', 1_700_000_002],
    ['start_time', 1_700_000_000],
    ['num_requests', 4],
    ['num_none_requests', 1],
    ['num_failures', 1],
    ['total_response_time', 265],
    ['max_response_time', 250],
    ['min_response_time', 3],
    ['total_content_length', 158],
    ['response_times', new Map([12, 250, 3].map((bucket) => [bucket, 1]))],
    [
      'num_reqs_per_sec',
      new Map([
        [1_700_000_000, 3],
        [1_700_000_001, 1],
      ]),
    ],
    ['num_fail_per_sec', new Map([[1_700_000_001, 1]])],
  ]);
});

test('the total has the sums of all entries', () => {
  const taken = message((recorder) => {
    recorder.entry('GET', '/a').record(12_000, 100);
    recorder.entry('POST', '/b').recordFailure(30_000, 5, 'refused');
  });
  expect(taken['stats_total']).toMatchObject({
    name: 'Aggregated',
    method: '',
    num_requests: 2,
    num_failures: 1,
    total_response_time: 42,
    min_response_time: 12,
    max_response_time: 30,
    total_content_length: 105,
    num_reqs_per_sec: new Map([[1_700_000_000, 2]]),
  });
});

test('nothing is said twice: the next message begins empty, where the one before ended', () => {
  const recorder = new IntervalRecorder({ now: () => 100 });
  const stats = new StatsMessage(90);
  recorder.entry('GET', '/a').recordFailure(1000, 0, 'x');
  stats.add(recorder.takeInterval({ isWarmup: false }));
  expect(entries(stats.take(103))).toHaveLength(1);
  const idle = stats.take(106);
  expect([idle['stats'], idle['errors']]).toEqual([[], new Map()]);
  expect(idle['stats_total']).toMatchObject({
    start_time: 103,
    last_request_timestamp: null,
    num_requests: 0,
    min_response_time: null,
    response_times: new Map(),
  });
});

test('a message without response times is one that Locust can read: nil, not zero', () => {
  const taken = message((recorder) => recorder.entry('GET', '/a').recordUntimed(7));
  expect(entries(taken)[0]).toMatchObject({ num_requests: 1, num_none_requests: 1, min_response_time: null });
});

test('keys of response times and seconds are whole numbers on the wire', () => {
  const taken = message((recorder) => recorder.entry('GET', '/a').record(12_000, 0));
  const hex = packEnvelope({ type: 'stats', data: taken, nodeId: 'n' }).toString('hex');
  const text = (words: string) => Buffer.from(words).toString('hex');
  expect(hex).toContain(`${text('response_times')}810c01`);
  expect(hex).toContain(`${text('num_reqs_per_sec')}81ce${(1_700_000_000).toString(16)}01`);
  expect(hex).not.toContain(text('1700000000'));
});

test('response times fall into the buckets of Locust, but for those within half a thousandth of a border', () => {
  let exact = 0;
  for (const [milliseconds, bucket] of golden.bucket) {
    if (milliseconds < 0.001) continue;
    const taken = message((recorder) => recorder.entry('GET', '/').record(Math.round(milliseconds * 1000), 0));
    const [found] = [...(entries(taken)[0]!['response_times'] as Map<number, number>).keys()];
    const unit = milliseconds < 100 ? 1 : milliseconds < 1000 ? 10 : milliseconds < 10_000 ? 100 : 1000;
    const place = milliseconds / unit;
    const isNear = Math.abs(place - Math.floor(place) - 0.5) < place / 2000;
    if (isNear) expect(Math.abs(found! - bucket), String(milliseconds)).toBeLessThanOrEqual(unit);
    else expect([milliseconds, found]).toEqual([milliseconds, bucket]);
    if (found === bucket) exact++;
  }
  expect(exact).toBeGreaterThan(20);
});

test('errors are keyed as Locust keys them, without addresses, and added up', () => {
  const texts = golden.error_parse.map(([text]) => text);
  const taken = message(
    (recorder) => {
      for (const text of texts) recorder.entry('GET', '/a').recordFailure(1000, 0, text);
    },
    (recorder) => recorder.entry('GET', '/a').recordFailure(1000, 0, texts[0]!),
  );
  const errors = taken['errors'] as Map<string, Record<string, unknown>>;
  const grouped = new Set(golden.error_parse.map(([, group]) => group));
  expect(new Set([...errors.values()].map(({ error }) => error))).toEqual(grouped);
  expect(errors.get(locustErrorKey('GET', '/a', texts[0]!))).toEqual({
    name: '/a',
    method: 'GET',
    error: golden.error_parse[0]![1],
    occurrences: golden.error_parse.filter(([, group]) => group === golden.error_parse[0]![1]).length + 1,
    first_seen: 1_700_000_000.25,
    last_seen: 1_700_000_001.25,
  });
});
