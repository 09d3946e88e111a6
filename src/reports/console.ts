/**
 * The console's tables as lines: requests, percentiles, errors, exceptions and what a reader must know about the numbers.
 * Columns and widths are Locust's (docs/outputs.md names the differences). Pure: the caller writes the lines.
 */
import type { EntryView, ErrorView, StatisticsView } from '../events/index.js';
import { percentileTitle, reportedQuantiles } from '../stats/index.js';
import { workerLines } from './namedWorkers.js';
import { outcomeOf, outcomes } from './outcome.js';
import { columnTime, elideEnd, elideMiddle, flatten, type Paint, padded, plain, type Terminal } from './text.js';

export interface TableOptions {
  /** Width of names, 0 to 80; see `nameWidth`. Default 80. */
  readonly nameWidth?: number;
  /** Default: no colours. */
  readonly paint?: Paint;
}

const typeWidth = 8;
/** Below this width a name tells nothing: on narrow terminals lines rather wrap. */
const minNameWidth = 20;
const maxErrorText = 500;

/** Room for names beside the fixed columns: the terminal's columns - 80, from 0 to 80; 80 without a terminal. */
export function nameWidth(terminal: Terminal): number {
  if (terminal.isTTY !== true || terminal.columns === undefined || terminal.columns === 0) return 80;
  return Math.min(Math.max(terminal.columns - 80, 0), 80);
}

/** `current`: rates of the last ten seconds, for tables during the run; `total`: of the whole run. */
export function requestTable(view: StatisticsView, rates: 'current' | 'total', options: TableOptions = {}): string[] {
  const paint = options.paint ?? plain;
  const width = Math.max((options.nameWidth ?? 80) - 4, minNameWidth);
  const separator = [typeWidth, width, 7, 13, 7, 7, 7, 7, 8, 11].map((dashes) => '-'.repeat(dashes)).join('|');
  const titles = ['Type', 'Name', '# reqs', '# fails', 'Avg', 'Min', 'Max', 'Med', 'req/s', 'failures/s'];
  return [
    paint('bold', requestLine(titles, width)),
    separator,
    ...view.entries().map((entry) => requestRow(entry, rates, width, paint)),
    separator,
    requestRow(view.total, rates, width, paint),
    '',
  ];
}

function requestRow(entry: EntryView, rates: 'current' | 'total', width: number, paint: Paint): string {
  const isCurrent = rates === 'current';
  const cells = [
    entry.method,
    entry.name,
    String(entry.numRequests),
    `${entry.numFailures}(${(entry.failRatio * 100).toFixed(2)}%)`,
    ...[entry.avgResponseTime, entry.minResponseTime ?? 0, entry.maxResponseTime].map(columnTime),
    columnTime(entry.medianResponseTime),
    (isCurrent ? entry.currentRps : entry.totalRps).toFixed(2),
    (isCurrent ? entry.currentFailPerSec : entry.totalFailPerSec).toFixed(2),
  ];
  return requestLine(cells, width, (failures) => (entry.numFailures > 0 ? paint('red', failures) : failures));
}

function requestLine(cells: readonly string[], width: number, failuresAs = (text: string) => text): string {
  const [
    type = '',
    name = '',
    requests = '',
    failures = '',
    avg = '',
    min = '',
    max = '',
    med = '',
    rps = '',
    fps = '',
  ] = cells;
  const failed = failuresAs(failures.padStart(12));
  const times = `${avg.padStart(7)} ${min.padStart(7)} ${max.padStart(7)}${med.padStart(7)}`;
  return `${label(type, name, width)} ${requests.padStart(7)} ${failed} |${times} | ${rps.padStart(7)} ${fps.padStart(11)}`;
}

function label(type: string, name: string, width: number): string {
  const left = padded(elideEnd(flatten(type), typeWidth), typeWidth);
  return `${left} ${padded(elideMiddle(flatten(name), width), width)}`;
}

/** Entries that have timed samples, and the aggregate. */
export function percentileTable(view: StatisticsView, options: TableOptions = {}): string[] {
  const paint = options.paint ?? plain;
  const width = Math.max(options.nameWidth ?? 80, minNameWidth);
  const separator = [typeWidth, width, 8, ...reportedQuantiles.map(() => 6)]
    .map((dashes) => '-'.repeat(dashes))
    .join('|');
  const hasTimes = (entry: EntryView) => entry.minResponseTime !== null;
  return [
    'Response time percentiles (ms)',
    paint('bold', percentileLine('Type', 'Name', [...reportedQuantiles.map(percentileTitle), '# reqs'], width)),
    separator,
    ...view
      .entries()
      .filter(hasTimes)
      .map((entry) => percentileRow(entry, width)),
    separator,
    ...(hasTimes(view.total) ? [percentileRow(view.total, width)] : []),
    '',
  ];
}

function percentileRow(entry: EntryView, width: number): string {
  const times = reportedQuantiles.map((quantile) => columnTime(entry.percentile(quantile)));
  return percentileLine(entry.method, entry.name, [...times, String(entry.numRequests)], width);
}

function percentileLine(type: string, name: string, values: readonly string[], width: number): string {
  const cells = values.map((value, index) => value.padStart(index === 0 ? 8 : 6));
  return `${label(type, name, width)} ${cells.join(' ')}`;
}

/** Failures of the target, grouped; no lines when there were none. */
export function errorReport(view: StatisticsView, options: TableOptions = {}): string[] {
  if (view.errors.length === 0) return [];
  const rows = view.errors.map((error) => [String(error.occurrences), errorLine(error)] as const);
  return [...countedTable('Error report', 'Error', rows, options), ...failureSamples(view.errors)];
}

function errorLine(error: ErrorView): string {
  return elideEnd(flatten(`${error.method} ${error.name}: ${error.error}`), maxErrorText);
}

/** Exceptions of the locustfile, grouped by traceback; no lines when there were none. Locust has these in the CSV only. */
export function exceptionReport(view: StatisticsView, options: TableOptions = {}): string[] {
  if (view.exceptions.length === 0) return [];
  const rows = view.exceptions.map((exception) => {
    const place = exception.traceback.split('\n').find((line) => line.trimStart().startsWith('at '));
    const text = place === undefined ? exception.message : `${exception.message} (${place.trim()})`;
    return [String(exception.count), elideEnd(flatten(text), maxErrorText)] as const;
  });
  return countedTable('Exception report', 'Exception', rows, options);
}

function countedTable(
  title: string,
  column: string,
  rows: readonly (readonly [count: string, text: string])[],
  options: TableOptions,
): string[] {
  const paint = options.paint ?? plain;
  const line = (count: string, text: string) => `${count.padEnd(18)} ${padded(text, 100)}`;
  const separator = `${'-'.repeat(18)}|${'-'.repeat((options.nameWidth ?? 80) + 61)}`;
  return [
    paint('red', title),
    paint('bold', line('# occurrences', column)),
    separator,
    ...rows.map(([count, text]) => line(count, text)),
    separator,
    '',
  ];
}

/** What the first failed request of each error looked like, where its client could tell. */
function failureSamples(errors: readonly ErrorView[]): string[] {
  const lines = errors.flatMap((error) => {
    const sample = error.samples[0];
    if (sample === undefined) return [];
    const answer = [sample.response ?? 'no answer', sample.bodyHead ?? ''].filter((part) => part !== '').join(': ');
    return [elideEnd(flatten(`${sample.request} -> ${answer}`), maxErrorText)];
  });
  return lines.length === 0 ? [] : ['First failed request of each error', ...lines, ''];
}

/** What a reader must know to judge the numbers; no lines for a run in which nothing of it happened. */
export function caveats(view: StatisticsView, runSeconds: number, options: TableOptions = {}): string[] {
  const paint = options.paint ?? plain;
  const lines: string[] = [];
  const outcome = outcomeOf(view);
  if (outcome !== 'all') lines.push(`outcome: the numbers above are about ${outcomes[outcome]}`);
  if (view.cutOff > 0) lines.push(`cut off: ${counted(view.cutOff)} under way at a stop, in no number above`);
  if (view.warmupRequests > 0) lines.push(`warm-up: ${counted(view.warmupRequests)}, in no number above`);
  if (view.saturatedSeconds > 0) lines.push(paint('yellow', saturation(view.saturatedSeconds, runSeconds)));
  lines.push(...workerLines(view).map((line) => paint('yellow', line)));
  const coarse = view.entries().filter(({ isCoarse }) => isCoarse).length;
  if (coarse > 0) lines.push(coarseLine(coarse, view));
  if (view.isNameCapReached) lines.push('names: too many different ones, the rest are counted together as (other)');
  return lines.length === 0 ? [] : [...lines, ''];
}

function coarseLine(coarse: number, view: StatisticsView): string {
  return `coarse: in ${coarse} of ${view.entries().length} entries, response times of Locust's workers are known to two digits only`;
}

function counted(requests: number): string {
  return `${requests} ${requests === 1 ? 'request' : 'requests'}`;
}

function saturation(saturatedSeconds: number, runSeconds: number): string {
  const share = runSeconds > 0 ? Math.min(100, (saturatedSeconds / runSeconds) * 100) : 100;
  const of = `${roundSeconds(saturatedSeconds)} of ${roundSeconds(Math.max(runSeconds, saturatedSeconds))} seconds`;
  return `saturated: the load generator was too busy or late for ${of} (${share.toFixed(1)}%): times in them are not the target's alone`;
}

/** A line below a table during the run, in which the generator was saturated for so long since the last one. */
export function saturationNote(seconds: number, options: TableOptions = {}): string[] {
  if (seconds <= 0) return [];
  const text = `saturated: the load generator was too busy or late for ${roundSeconds(seconds)} s since the last table`;
  return [(options.paint ?? plain)('yellow', text), ''];
}

/** Whole, but for short times: of a run of a second, half of it is not `0 of 1`. */
function roundSeconds(seconds: number): string {
  return seconds < 10 ? String(Number(seconds.toFixed(1))) : seconds.toFixed(0);
}

/** Everything that is printed when a run is over. `runSeconds`: how long it lasted. */
export function finalReport(view: StatisticsView, runSeconds: number, options: TableOptions = {}): string[] {
  return [
    ...requestTable(view, 'total', options),
    ...percentileTable(view, options),
    ...errorReport(view, options),
    ...exceptionReport(view, options),
    ...caveats(view, runSeconds, options),
  ];
}
