import { expect, test } from 'vitest';
import {
  caveats,
  errorReport,
  exceptionReport,
  finalReport,
  nameWidth,
  percentileTable,
  requestTable,
  saturationNote,
} from '../../../src/reports/console.js';
import { withOutcome } from '../../../src/reports/outcome.js';
import { coloured, paintFor } from '../../../src/reports/text.js';
import { anEntry, anError, anException, aView, timed } from './aView.js';

const bad = anEntry({
  method: 'POST',
  name: '/bad',
  numRequests: 45,
  numFailures: 45,
  failRatio: 1,
  minResponseTime: 12,
  maxResponseTime: 12.9,
  avgResponseTime: 12.3,
  medianResponseTime: 12,
  totalRps: 3,
  totalFailPerSec: 3,
  currentRps: 1.5,
  currentFailPerSec: 0.25,
  percentile: (quantile) => (quantile === 1 ? 12.9 : 0.4),
});
const total = { ...bad, method: '', name: 'Aggregated', numRequests: 283, numFailures: 96, failRatio: 0.3392 };

test('the table of requests has the columns, widths and separators of Locust', () => {
  const blanks = ' '.repeat(72);
  expect(requestTable(aView({ entries: [bad], total }), 'total')).toEqual([
    `Type     Name${blanks}  # reqs      # fails |    Avg     Min     Max    Med |   req/s  failures/s`,
    `--------|${'-'.repeat(76)}|-------|-------------|-------|-------|-------|-------|--------|-----------`,
    `POST     /bad${blanks}      45  45(100.00%) |     12      12      12     12 |    3.00        3.00`,
    `--------|${'-'.repeat(76)}|-------|-------------|-------|-------|-------|-------|--------|-----------`,
    `         Aggregated${' '.repeat(66)}     283   96(33.92%) |     12      12      12     12 |    3.00        3.00`,
    '',
  ]);
});

test('tables during the run show the current rates', () => {
  const [, , row] = requestTable(aView({ entries: [bad] }), 'current');
  expect(row).toMatch(/\| {4}1\.50 {8}0\.25$/);
});

test('the table of percentiles has the columns, widths and separators of Locust', () => {
  const separator = `--------|${'-'.repeat(80)}|--------|${Array(11).fill('------').join('|')}`;
  expect(percentileTable(aView({ entries: [bad, anEntry({ name: '/never' })], total }))).toEqual([
    'Response time percentiles (ms)',
    `Type     Name${' '.repeat(76)}      50%    66%    75%    80%    90%    95%    98%    99%  99.9% 99.99%   100% # reqs`,
    separator,
    `POST     /bad${' '.repeat(76)}      0.4    0.4    0.4    0.4    0.4    0.4    0.4    0.4    0.4    0.4     12     45`,
    separator,
    `         Aggregated${' '.repeat(70)}      0.4    0.4    0.4    0.4    0.4    0.4    0.4    0.4    0.4    0.4     12    283`,
    '',
  ]);
});

test('times below 10 ms keep two decimals, longer ones are cut to whole milliseconds', () => {
  const times = [0.4, 0.005, 1.999, 9.996, 10.9, 3_600_000].map((time) => timed([time], { name: String(time) }));
  const averages = requestTable(aView({ entries: times }), 'total').slice(2, 8);
  expect(averages.map((row) => row.split('|')[1]?.trim().split(/ +/)[0])).toEqual([
    '0.4',
    '0',
    '1.99',
    '9.99',
    '10',
    '3600000',
  ]);
});

test('the error report flattens texts of several lines and leaves no escape sequence in them', () => {
  const report = errorReport(
    aView({ errors: [anError({ error: 'one\n  two\r\n\u001b[2Jthree\tfour', occurrences: 3 })] }),
  );
  expect(report).toEqual([
    'Error report',
    `# occurrences      Error${' '.repeat(95)}`,
    `${'-'.repeat(18)}|${'-'.repeat(141)}`,
    `3                  ${'GET /: one two ?[2Jthree four'.padEnd(100)}`,
    `${'-'.repeat(18)}|${'-'.repeat(141)}`,
    '',
  ]);
});

test('the first failed request of an error is shown with its answer', () => {
  const sample = {
    request: 'POST http://x/buy HTTP/1.1',
    requestHeaders: {},
    response: '503 Busy',
    bodyHead: 'try\nlater',
  };
  const report = errorReport(aView({ errors: [anError({ samples: [sample, sample] }), anError()] }));
  expect(report.slice(-3)).toEqual([
    'First failed request of each error',
    'POST http://x/buy HTTP/1.1 -> 503 Busy: try later',
    '',
  ]);
});

test('exceptions of the locustfile are reported with the line that threw', () => {
  const report = exceptionReport(aView({ exceptions: [anException({ count: 2 })] }));
  expect(report.slice(0, 2).concat(report.slice(3, 4))).toEqual([
    'Exception report',
    `# occurrences      Exception${' '.repeat(91)}`,
    `2                  ${'boom (at buy (shop.ts:3:9))'.padEnd(100)}`,
  ]);
});

test('a run without errors and caveats prints neither', () => {
  expect(errorReport(aView())).toEqual([]);
  expect(exceptionReport(aView())).toEqual([]);
  expect(caveats(aView(), 60)).toEqual([]);
});

test('the final report says what was cut off, warmed up, saturated and counted as other', () => {
  const view = aView({ cutOff: 1, warmupRequests: 345, saturatedSeconds: 12, isNameCapReached: true });
  expect(finalReport(view, 60).slice(-5)).toEqual([
    'cut off: 1 request under way at a stop, in no number above',
    'warm-up: 345 requests, in no number above',
    "saturated: the load generator was too busy or late for 12 of 60 seconds (20.0%): times in them are not the target's alone",
    'names: too many different ones, the rest are counted together as (other)',
    '',
  ]);
});

test('a saturation of less than a second is not told as none', () => {
  const [line] = caveats(aView({ saturatedSeconds: 0.4 }), 1.02);
  expect(line).toContain('too busy or late for 0.4 of 1 seconds (39.2%)');
});

test('a table during the run is followed by a line when the generator was saturated since the last one', () => {
  expect(saturationNote(0)).toEqual([]);
  expect(saturationNote(1.04)).toEqual([
    'saturated: the load generator was too busy or late for 1 s since the last table',
    '',
  ]);
});

test('numbers about one outcome only are said to be', () => {
  expect(caveats(withOutcome(aView(), 'ok'), 60)).toEqual([
    'outcome: the numbers above are about successful requests only',
    '',
  ]);
});

test('a long name loses its middle and the columns stay where they are', () => {
  const long = timed([1], { method: 'websocket', name: `/api/${'very/'.repeat(40)}deep/item` });
  const [header, , row] = requestTable(aView({ entries: [long] }), 'total');
  expect(row).toMatch(/^websock… \/api\/very[^ ]*…[^ ]*\/deep\/item +1 /);
  expect([...(row ?? '')]).toHaveLength(header?.length ?? 0);
});

test('names get what a terminal has beyond 80 columns, at most 80, and 80 without a terminal', () => {
  const widths = [
    { isTTY: true, columns: 60 },
    { isTTY: true, columns: 120 },
    { isTTY: true, columns: 500 },
    { isTTY: false, columns: 90 },
    {},
  ];
  expect(widths.map(nameWidth)).toEqual([0, 40, 80, 80, 80]);
});

test('on a narrow terminal a name still has twenty columns', () => {
  const [header] = requestTable(aView(), 'total', { nameWidth: 0 });
  expect(header?.indexOf('# reqs')).toBe('Type     '.length + 20 + 2);
});

test('colours only on a terminal, and not with NO_COLOR or on a dumb one', () => {
  const terminal = { isTTY: true, columns: 80 };
  const sample = (paint: typeof coloured) => paint('red', 'x');
  expect(sample(paintFor(terminal, {}))).toBe('\u001b[31mx\u001b[39m');
  expect(sample(paintFor(terminal, { NO_COLOR: '' }))).toBe('\u001b[31mx\u001b[39m');
  for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
    expect(sample(paintFor(terminal, environment))).toBe('x');
  expect(sample(paintFor({ isTTY: false }, {}))).toBe('x');
});

test('colours change no width', () => {
  const view = aView({ entries: [bad], total, errors: [anError()], saturatedSeconds: 1 });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what an escape sequence begins with
  const uncoloured = finalReport(view, 60, { paint: coloured }).map((line) => line.replace(/\u001b\[\d+m/g, ''));
  expect(uncoloured).toEqual(finalReport(view, 60));
});

test('saturated and lost workers are named at the end, the worst first and not all of many', () => {
  const about = { saturatedSeconds: 0, lostAt: null, unreportedSeconds: 0 };
  const many = Array.from({ length: 7 }, (_, i) => ({ ...about, id: `a_${i}`, saturatedSeconds: i * 1.5 }));
  const gone = Array.from({ length: 6 }, (_, i) => ({
    ...about,
    id: `b_${i}`,
    lostAt: 1_700_000_000 + i,
    unreportedSeconds: 0.96,
  }));
  const lines = caveats(aView({ saturatedSeconds: 9, workers: [...many, ...gone] }), 90);
  expect(lines.slice(1, 4)).toEqual([
    'saturated workers: a_6 (9 s), a_5 (7.5 s), a_4 (6 s), a_3 (4.5 s), a_2 (3 s), and 1 more',
    'lost: worker b_0, last heard of at 22:13:20 UTC; of its last 1 s until then, and of what it did later, nothing is in any number',
    'lost: worker b_1, last heard of at 22:13:21 UTC; of its last 1 s until then, and of what it did later, nothing is in any number',
  ]);
  expect(lines.slice(7)).toEqual(['lost: and 1 more', '']);
  expect(caveats(aView({ workers: [{ ...about, id: 'local', saturatedSeconds: 3 }] }), 90)).toEqual([]);
});

test('lost workers of which no line is kept are among those that are not named', () => {
  const forgottenLost = { count: 12, lastLostAt: 1_700_000_000, unreportedSeconds: 3 };
  expect(caveats(aView({ forgottenLost }), 90)).toEqual(['lost: and 12 more', '']);
  const lost = { saturatedSeconds: 0, lostAt: 1_700_000_000, unreportedSeconds: 0 };
  const workers = Array.from({ length: 7 }, (_, at) => ({ ...lost, id: `b_${at}` }));
  expect(caveats(aView({ workers, forgottenLost }), 90).at(-2)).toBe('lost: and 14 more');
});

test('entries with response times of two digits are said to be coarse', () => {
  const entries = [timed([1], { isCoarse: true }), timed([1])];
  expect(caveats(aView({ entries }), 90)).toEqual([
    "coarse: in 1 of 2 entries, response times of Locust's workers are known to two digits only",
    '',
  ]);
});
