/**
 * All outputs of one run say the same: the same statistics, written by every output, are read back and compared field by field.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Histogram, HistogramLogReader } from 'hdr-histogram-js';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/events/index.js';
import { finalReport } from '../../../src/reports/console.js';
import { CsvReport } from '../../../src/reports/csv.js';
import { HdrLog, tagOf } from '../../../src/reports/hdrLog.js';
import { JsonReport } from '../../../src/reports/json.js';
import { withOutcome } from '../../../src/reports/outcome.js';
import { PerSecond } from '../../../src/reports/perSecond.js';
import { columnTime } from '../../../src/reports/text.js';
import { percentileTitle, type RunStatistics, reportedQuantiles } from '../../../src/stats/index.js';
import { TestRun } from '../stats/builders.js';
import { aFolder } from './aView.js';

type CsvLine = Readonly<Record<string, string>>;
interface Numbers {
  readonly num_requests: number;
  readonly num_none_requests: number;
  readonly total_response_time: number;
  readonly max_response_time: number;
  readonly min_response_time: number | null;
  readonly total_content_length: number;
  readonly response_times: Readonly<Record<string, number>>;
}
interface JsonEntry extends Numbers {
  readonly name: string;
  readonly method: string;
  readonly num_failures: number;
  readonly num_reqs_per_sec: Readonly<Record<string, number>>;
  readonly num_fail_per_sec: Readonly<Record<string, number>>;
  readonly ok: Numbers;
  readonly failed: Numbers;
  readonly saturated_seconds: number;
}
interface Outputs {
  readonly json: readonly JsonEntry[];
  readonly stats: readonly CsvLine[];
  readonly lastHistory: readonly CsvLine[];
  readonly failures: readonly CsvLine[];
  readonly exceptions: readonly CsvLine[];
  readonly generator: readonly CsvLine[];
  /** `#[Saturated: …]` */
  readonly marks: readonly string[];
  readonly console: readonly string[];
  readonly histograms: ReadonlyMap<string, Histogram>;
  readonly statistics: RunStatistics;
}

/** Times that no output can get right by luck: from 0.004 ms to two minutes, the same in every run. */
function* microseconds(): Generator<number> {
  for (let state = 1; ; state = (state * 48_271) % 2_147_483_647)
    yield 4 + Math.floor(10 ** (1 + (state / 2 ** 31) * 7));
}

/** Twelve seconds of four kinds of requests, one of them without response times, and a warm-up before. */
async function runWith(outcome: Outcome): Promise<Outputs> {
  using folder = aFolder();
  const prefix = join(folder.path, 'run');
  const run = new TestRun();
  const csv = await CsvReport.open(prefix, { fullHistory: true, outcome });
  const json = await JsonReport.open(prefix);
  const hdrLog = await HdrLog.open(`${prefix}.hlog`, { startTime: run.clock.time, outcome });
  const perSecond = new PerSecond();
  run.statistics.onInterval((interval) => perSecond.apply(interval));
  run.statistics.onInterval((...second) => void hdrLog.write(...second));
  run.statistics.onInterval((_interval, workers) => csv.addWorkers(workers));
  const times = microseconds();
  run.record({ micros: 1, bytes: 1 }).second({ isWarmup: true });
  for (let second = 0; second < 12; second++) {
    for (let i = 0; i < 40; i++) {
      const [micros, bytes] = [times.next().value, i * 10];
      run.record({ requestType: 'POST', name: '/buy', micros, bytes, ...(i % 5 === 0 ? { error: 'HTTP 503' } : {}) });
      if (i % 4 === 0) run.record({ name: '/items, all', micros: Math.ceil(micros / 100), bytes: 7 });
    }
    run.record({ requestType: 'tcp', name: 'push', bytes: 3 });
    run.record({ requestType: 'grpc', name: 'pkg.Service/Fail', micros: 900 + second, error: 'UNAVAILABLE' });
    if (second === 3) run.recorder.cutOff(2);
    run.second({ isSaturated: second < 3, userCount: 4 });
    await csv.write(run.statistics, { now: run.clock.time, userCount: 4 });
  }
  run.statistics.addException({ message: 'boom', traceback: 'Error: boom\n    at buy (shop.ts:3:9)', node: 'local' });
  await Promise.all([
    csv.close(run.statistics, { now: run.clock.time, userCount: 0 }),
    json.write(run.statistics, perSecond),
  ]);
  await hdrLog.close();
  const lines = (name: string) => readCsv(readFileSync(`${prefix}_${name}.csv`, 'utf8'));
  const history = lines('stats_history');
  const hlog = readFileSync(`${prefix}.hlog`, 'utf8');
  return {
    json: JSON.parse(readFileSync(`${prefix}.json`, 'utf8')),
    stats: lines('stats'),
    lastHistory: history.filter((line) => line['Timestamp'] === history.at(-1)?.['Timestamp']),
    failures: lines('failures'),
    exceptions: lines('exceptions'),
    generator: lines('generator'),
    marks: hlog.split('\n').filter((line) => line.startsWith('#[Saturated: ')),
    console: finalReport(withOutcome(run.statistics, outcome), 12),
    histograms: readHdrLog(hlog),
    statistics: run.statistics,
  };
}

/** The rules of RFC 4180. */
function readCsv(text: string): CsvLine[] {
  const [header = [], ...rows] = text
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      Array.from(`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, bare]) => quoted ?? bare ?? ''),
    );
  return rows.map((row) => Object.fromEntries(header.map((title, index) => [title, row[index] ?? ''])));
}

/** All intervals of a tag, summed. */
function readHdrLog(text: string): Map<string, Histogram> {
  const reader = new HistogramLogReader(text);
  const sums = new Map<string, Histogram>();
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    const tag = next.tag === 'NO TAG' ? '' : next.tag;
    const sum = sums.get(tag);
    if (sum === undefined) sums.set(tag, next);
    else sum.add(next);
  }
  return sums;
}

function lineOf(lines: readonly CsvLine[], entry: { readonly method: string; readonly name: string }): CsvLine {
  return lines.find((line) => line['Type'] === entry.method && line['Name'] === entry.name) ?? {};
}

const sumOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** A percentile from the counts of the JSON output: the time that this share of the samples does not exceed. */
function percentileOf(numbers: Numbers, quantile: number): number {
  const ascending = Object.entries(numbers.response_times).map(([time, count]) => [Number(time), count] as const);
  ascending.sort(([a], [b]) => a - b);
  const rank = Math.max(1, Math.ceil(quantile * sumOf(numbers.response_times) - 1e-9));
  let seen = 0;
  for (const [time, count] of ascending) {
    seen += count;
    if (seen >= rank) return rank === sumOf(numbers.response_times) ? numbers.max_response_time : time;
  }
  return 0;
}

const kinds = ['GET /items, all', 'POST /buy', 'grpc pkg.Service/Fail', 'tcp push'];

describe.each(['all', 'ok', 'failed'] as const)('outputs about outcome %s', (outcome) => {
  let outputs: Outputs;
  beforeAll(async () => {
    outputs = await runWith(outcome);
  });
  /** Each entry with its numbers of this outcome. */
  const entries = () =>
    outputs.json.map((entry): { entry: JsonEntry; numbers: Numbers } => ({
      entry,
      numbers: outcome === 'all' ? entry : entry[outcome],
    }));

  test('all list the same entries', () => {
    const titles = (line: CsvLine) => `${line['Type']} ${line['Name']}`;
    expect(outputs.json.map(({ method, name }) => `${method} ${name}`).sort()).toEqual(kinds);
    expect(outputs.stats.map(titles).sort()).toEqual([' Aggregated', ...kinds].sort());
    expect(outputs.lastHistory.map(titles).sort()).toEqual([' Aggregated', ...kinds].sort());
  });

  test('CSV and JSON agree on counts, times and sizes', () => {
    for (const { entry, numbers } of entries()) {
      const failures = outcome === 'ok' ? 0 : entry.num_failures;
      const timed = numbers.num_requests - numbers.num_none_requests;
      expect(sumOf(numbers.response_times)).toBe(timed);
      const line = lineOf(outputs.stats, entry);
      expect(Object.values(line).filter((text) => /NaN|Infinity|e[-+]/.test(text))).toEqual([]);
      expect(Number(line['Request Count'])).toBe(numbers.num_requests);
      expect(Number(line['Failure Count'])).toBe(failures);
      expect(Number(line['Min Response Time'])).toBe(numbers.min_response_time ?? 0);
      expect(Number(line['Max Response Time'])).toBe(numbers.max_response_time);
      expect(Number(line['Average Response Time'])).toBeCloseTo(timed && numbers.total_response_time / timed, 9);
      expect(Number(line['Average Content Size'])).toBeCloseTo(
        numbers.num_requests && numbers.total_content_length / numbers.num_requests,
        9,
      );
      expect(Number(line['Median Response Time'])).toBe(percentileOf(numbers, 0.5));
    }
  });

  test('CSV percentiles are those of the counts in JSON, and those of the histogram log', () => {
    for (const { entry, numbers } of entries()) {
      const histogram = outputs.histograms.get(tagOf({ requestType: entry.method, name: entry.name }));
      expect(histogram?.totalCount ?? 0).toBe(numbers.num_requests - numbers.num_none_requests);
      const line = lineOf(outputs.stats, entry);
      for (const quantile of reportedQuantiles) {
        const text = line[percentileTitle(quantile)] ?? '';
        if (numbers.num_requests === 0) expect(text).toBe('N/A');
        else expect(Number(text)).toBe(percentileOf(numbers, quantile));
        if (histogram === undefined) continue;
        const logged = histogram.getValueAtPercentile(quantile * 100) / 1000;
        expect(Number(text)).toBe(Math.min(logged, numbers.max_response_time));
      }
    }
  });

  test('the aggregate is the sum of the entries in every output', () => {
    const [aggregated] = outputs.stats.filter((line) => line['Name'] === 'Aggregated');
    const sum = (field: 'num_requests' | 'num_none_requests') =>
      entries().reduce((total, { numbers }) => total + numbers[field], 0);
    expect(Number(aggregated?.['Request Count'])).toBe(sum('num_requests'));
    expect(outputs.histograms.get('')?.totalCount).toBe(sum('num_requests') - sum('num_none_requests'));
  });

  test('the last rows of the history have the totals of the statistics', () => {
    for (const line of outputs.lastHistory) {
      const stats = lineOf(outputs.stats, { method: line['Type'] ?? '', name: line['Name'] ?? '' });
      for (const column of ['Request Count', 'Failure Count', 'Median Response Time', 'Average Response Time']) {
        expect(line[`Total ${column}`]).toBe(stats[column]);
      }
      for (const column of ['Min Response Time', 'Max Response Time', 'Average Content Size']) {
        expect(line[`Total ${column}`]).toBe(stats[column]);
      }
    }
  });

  test('the console shows the numbers of the CSV, in its own precision', () => {
    for (const line of outputs.stats) {
      const [requests, percentiles] = outputs.console.filter((row) =>
        row.startsWith(`${line['Type']?.padEnd(8)} ${line['Name']} `),
      );
      const time = (column: string) => columnTime(Number(line[column]));
      const [count, failures] = [Number(line['Request Count']), Number(line['Failure Count'])];
      const share = count === 0 ? 0 : (failures / count) * 100;
      expect(cellsAfterName(requests, line)).toEqual([
        String(count),
        `${failures}(${share.toFixed(2)}%)`,
        ...['Average', 'Min', 'Max', 'Median'].map((title) => time(`${title} Response Time`)),
        Number(line['Requests/s']).toFixed(2),
        Number(line['Failures/s']).toFixed(2),
      ]);
      if (line['Min Response Time'] === '0') expect(percentiles).toBeUndefined();
      else
        expect(cellsAfterName(percentiles, line)).toEqual([
          ...reportedQuantiles.map((q) => time(percentileTitle(q))),
          String(count),
        ]);
    }
  });
});

function cellsAfterName(row: string | undefined, line: CsvLine): string[] {
  const rest = row?.slice(9 + (line['Name'] ?? '').length) ?? '';
  return rest.replaceAll('|', ' ').trim().split(/ +/);
}

describe('outputs about all requests', () => {
  let outputs: Outputs;
  beforeAll(async () => {
    outputs = await runWith('all');
  });

  test('successes and failures of the JSON output add up to its sums', () => {
    for (const { ok, failed, ...all } of outputs.json) {
      expect(failed.num_requests).toBe(all.num_failures);
      for (const field of ['num_requests', 'num_none_requests', 'total_content_length'] as const) {
        expect(ok[field] + failed[field]).toBe(all[field]);
      }
      expect(ok.total_response_time + failed.total_response_time).toBeCloseTo(all.total_response_time, 6);
      expect(sumOf(ok.response_times) + sumOf(failed.response_times)).toBe(sumOf(all.response_times));
    }
  });

  test('requests by second add up to the requests', () => {
    for (const entry of outputs.json) {
      expect(sumOf(entry.num_reqs_per_sec)).toBe(entry.num_requests);
      expect(sumOf(entry.num_fail_per_sec)).toBe(entry.num_failures);
    }
  });

  test('errors by name add up to the failures, in the CSV and on the console', () => {
    for (const entry of outputs.json) {
      const mine = outputs.failures.filter((line) => line['Method'] === entry.method && line['Name'] === entry.name);
      expect(mine.reduce((sum, line) => sum + Number(line['Occurrences']), 0)).toBe(entry.num_failures);
      for (const line of mine) {
        const text = `${entry.method} ${entry.name}: ${line['Error']}`;
        expect(outputs.console).toContain(`${line['Occurrences']?.padEnd(18)} ${text.padEnd(100)}`);
      }
    }
  });

  test('exceptions, cut-off requests, warm-up and saturation are told where they happened', () => {
    expect(outputs.exceptions).toHaveLength(1);
    const text = outputs.console.join('\n');
    expect(text).toContain('boom (at buy (shop.ts:3:9))');
    expect(text).toContain('cut off: 2 requests');
    expect(text).toContain('warm-up: 1 request,');
    expect(text).toContain('too busy or late for 3 of 12 seconds (25.0%)');
  });

  test('every output knows the same saturated seconds', () => {
    const { statistics } = outputs;
    const saturated = outputs.generator.filter((line) => line['Saturated'] === '1');
    expect(saturated.map((line) => [line['Worker'], line['Users'], line['Warm-up']])).toEqual(
      Array.from({ length: 3 }, () => ['local', '4', '0']),
    );
    expect(outputs.generator.map((line) => line['Warm-up'])).toEqual(['1', ...Array.from({ length: 12 }, () => '0')]);
    expect(outputs.marks.map((mark) => mark.split(/[ .]/)[1])).toEqual(saturated.map((line) => line['Timestamp']));
    expect(statistics.history.filter(({ isSaturated }) => isSaturated)).toHaveLength(3);
    expect(statistics.saturatedSeconds).toBe(3);
    expect(new Set(outputs.json.map((entry) => entry.saturated_seconds))).toEqual(new Set([3]));
  });

  test('writing an output changes no number', () => {
    const before = finalReport(outputs.statistics, 12);
    expect(before).toEqual(outputs.console);
  });
});
