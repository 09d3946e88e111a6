/**
 * The statistics as JSON, for `--json` and `--json-file`: a list of Locust's 14-field entries, without the aggregate.
 *
 * Text is made by hand, not by `JSON.stringify`, for two reasons: floats keep their point (`100.0`), as typed readers of
 * Locust's output expect, and `response_times` keeps its ascending order, which objects with keys like `12` would not.
 */
import { OptionError } from '../errors.js';
import type { EntryView, Outcome, StatisticsView, WorkerView } from '../events/index.js';
import { listedWorkers, unlistedWorkers } from './namedWorkers.js';
import { floatText, millisecondsText, plainText } from './numbers.js';
import type { PerSecond, SecondCounts } from './perSecond.js';
import { ReplacedFile } from './replacedFile.js';

/**
 * A list, indented by four, as pieces of text: one string could not hold it when there are thousands of entries. Nothing is
 * reset by it. Without `perSecond` the maps `num_reqs_per_sec` and `num_fail_per_sec`
 * are empty. Beside Locust's fields, `ok` and `failed` hold the numbers of the successes and of the failures alone, and
 * `saturated_seconds` says of the run for how long the load generator was too busy to measure well; `workers` lists
 * the workers that were saturated or are lost, where there are any.
 */
export function* statisticsJson(view: StatisticsView, perSecond?: PerSecond): Generator<string> {
  const run = runFields(view);
  let separator = '[\n';
  for (const entry of view.entries()) {
    yield `${separator}${indent(1)}${entryJson(entry, run, perSecond)}`;
    separator = ',\n';
  }
  yield separator === ',\n' ? '\n]\n' : '[]\n';
}

/** `--json-file NAME`: the same in `NAME.json`. */
export class JsonReport {
  private constructor(private readonly file: ReplacedFile) {}

  /** Throws `OptionError` for what is no file name, and `TsloadError` with code OUTPUT when the file cannot be written. */
  static async open(baseName: string): Promise<JsonReport> {
    if (baseName === '' || /[\\/]$/.test(baseName)) {
      throw new OptionError(
        `--json-file must be a file name without .json but is "${baseName}": give for example out/run`,
      );
    }
    return new JsonReport(await ReplacedFile.open(`${baseName}.json`));
  }

  /** Why the results are not in the file; undefined when they are. */
  get failed(): string | undefined {
    return this.file.failed;
  }

  /** Never rejects. */
  async write(view: StatisticsView, perSecond?: PerSecond): Promise<void> {
    await this.file.write(statisticsJson(view, perSecond));
  }
}

type Field = readonly [name: string, json: string];

function entryJson(entry: EntryView, run: readonly Field[], perSecond: PerSecond | undefined): string {
  const seconds = perSecond?.of(entry.method, entry.name, entry.startTime);
  const fields: Field[] = [
    ['name', JSON.stringify(entry.name)],
    ['method', JSON.stringify(entry.method)],
    ['last_request_timestamp', nullable(entry.lastRequestTimestamp)],
    ['start_time', floatText(entry.startTime)],
    ...counts(entry, 'all'),
    ['num_reqs_per_sec', object(secondCounts(seconds?.requests), 2)],
    ['num_fail_per_sec', object(secondCounts(seconds?.failures), 2)],
    ['ok', object(counts(entry.only('ok'), 'ok'), 2)],
    ['failed', object(counts(entry.only('failed'), 'failed'), 2)],
    ...(entry.isCoarse ? [['is_coarse', 'true'] as const] : []),
    ...run,
  ];
  return object(fields, 1);
}

/** About the run: the same in each entry, as there is no other place in a list of entries. */
function runFields(view: StatisticsView): readonly Field[] {
  const workers = listedWorkers(view).map(workerJson);
  const more = unlistedWorkers(view);
  return [
    ['saturated_seconds', secondsText(view.saturatedSeconds)],
    ...(workers.length === 0 ? [] : [['workers', `[${workers.join(', ')}]`] as const]),
    ...(more === 0 ? [] : [['more_workers', plainText(more)] as const]),
  ];
}

function workerJson({ id, saturatedSeconds, lostAt, unreportedSeconds }: WorkerView): string {
  return object(
    [
      ['id', JSON.stringify(id)],
      ['saturated_seconds', secondsText(saturatedSeconds)],
      ['lost_at', nullable(lostAt)],
      ['unreported_seconds', secondsText(unreportedSeconds)],
    ],
    2,
  );
}

function secondsText(seconds: number): string {
  return floatText(Math.round(seconds * 1000) / 1000);
}

/** The fields that make sense for one outcome as for all. */
function counts(entry: EntryView, outcome: Outcome): Field[] {
  const depth = outcome === 'all' ? 2 : 3;
  return [
    ['num_requests', plainText(entry.numRequests)],
    ['num_none_requests', plainText(entry.numNoneRequests)],
    ...(outcome === 'all' ? [['num_failures', plainText(entry.numFailures)] as const] : []),
    ['total_response_time', floatText(entry.totalResponseTime)],
    ['max_response_time', floatText(entry.maxResponseTime)],
    ['min_response_time', nullable(entry.minResponseTime)],
    ['total_content_length', plainText(entry.totalContentLength)],
    ['response_times', object(responseTimes(entry), depth)],
  ];
}

function responseTimes(entry: EntryView): Field[] {
  return Array.from(entry.responseTimes(), ([milliseconds, count]) => [
    millisecondsText(milliseconds),
    plainText(count),
  ]);
}

function secondCounts(counts: SecondCounts = []): Field[] {
  return counts.map(([second, count]) => [plainText(second), plainText(count)]);
}

function nullable(value: number | null): string {
  return value === null ? 'null' : floatText(value);
}

const indent = (depth: number) => '    '.repeat(depth);

function object(fields: readonly Field[], depth: number): string {
  if (fields.length === 0) return '{}';
  const lines = fields.map(([name, json]) => `${indent(depth + 1)}${JSON.stringify(name)}: ${json}`);
  return `{\n${lines.join(',\n')}\n${indent(depth)}}`;
}
