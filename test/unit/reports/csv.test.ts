import { appendFileSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CsvReport } from '../../../src/reports/csv.js';
import { aHealth, anInterval, aWorkerInterval } from '../stats/builders.js';
import { aFolder, anEntry, anError, anException, aView, timed } from './aView.js';

const percentileTitles = '50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%';

test('the files have their headers as soon as they are open, missing folders included', async () => {
  using folder = aFolder();
  const prefix = join(folder.path, 'new', 'folder', 'grpc');
  const report = await CsvReport.open(prefix);
  expect(readdirSync(join(folder.path, 'new', 'folder')).sort()).toEqual([
    'grpc_exceptions.csv',
    'grpc_failures.csv',
    'grpc_generator.csv',
    'grpc_stats.csv',
    'grpc_stats_history.csv',
  ]);
  expect(readFileSync(`${prefix}_stats.csv`, 'utf8')).toBe(
    `Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,${percentileTitles}\r\n`,
  );
  expect(readFileSync(`${prefix}_stats_history.csv`, 'utf8')).toBe(
    `Timestamp,User Count,Type,Name,Requests/s,Failures/s,${percentileTitles},Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size\r\n`,
  );
  expect(readFileSync(`${prefix}_failures.csv`, 'utf8')).toBe('Method,Name,Error,Occurrences,First Seen,Last Seen\r\n');
  expect(readFileSync(`${prefix}_exceptions.csv`, 'utf8')).toBe('Count,Message,Traceback,Nodes\r\n');
  expect(readFileSync(`${prefix}_generator.csv`, 'utf8')).toBe(
    'Timestamp,Worker,CPU %,Memory Bytes,Event Loop Delay ms,Event Loop Utilisation,GC ms,Users,Saturated,Warm-up,Unreported Seconds,Round Trip ms,Clock Offset ms\r\n',
  );
  await report.close(aView(), { now: 1_700_000_000, userCount: 0 });
});

/** Writes one state of the statistics and gives the rows of each file, without headers. */
async function written(view: ReturnType<typeof aView>, options = {}) {
  using folder = aFolder();
  const prefix = join(folder.path, 'x');
  const report = await CsvReport.open(prefix, options);
  await report.close(view, { now: 1_700_000_005.9, userCount: 7 });
  const rows = (name: string) => readFileSync(`${prefix}_${name}.csv`, 'utf8').split('\r\n').slice(1, -1);
  expect(report.failed).toBeUndefined();
  return {
    stats: rows('stats'),
    history: rows('stats_history'),
    failures: rows('failures'),
    exceptions: rows('exceptions'),
  };
}

test('a row of statistics: floats with a point, percentiles in milliseconds without trailing zeros', async () => {
  const entry = timed([0.4, 100, 12.345, 12.345], {
    method: 'POST',
    name: '/buy',
    numFailures: 1,
    avgContentLength: 250,
    totalRps: 2,
    totalFailPerSec: 0.5,
  });
  const { stats } = await written(aView({ entries: [entry] }));
  expect(stats[0]).toBe(
    'POST,/buy,4,1,12.345,31.2725,0.4,100.0,250.0,2.0,0.5,12.345,12.345,12.345,100,100,100,100,100,100,100,100',
  );
});

test('where some times are known to two digits only, medians and percentiles have no more', async () => {
  const entry = timed([7.003, 110.079, 412.5], { isCoarse: true });
  const { stats } = await written(aView({ entries: [entry] }));
  expect(stats[0]?.split(',').filter((_, at) => at === 4 || (at > 10 && at < 14))).toEqual([
    '110',
    '110',
    '110',
    '410',
  ]);
});

test('an entry without requests has zeros and N/A, and the aggregate comes last with an empty type', async () => {
  const { stats } = await written(aView({ entries: [anEntry()] }));
  const zeros = '0,0,0,0.0,0,0,0,0.0,0.0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A';
  expect(stats).toEqual([`GET,/,${zeros}`, `,Aggregated,${zeros}`]);
});

test('the history has one row a second for the aggregate, with percentiles of the whole run and current rates', async () => {
  const total = timed([1, 2], { method: '', name: 'Aggregated', currentRps: 2.5, currentPercentile: () => 9 });
  const { history } = await written(aView({ entries: [timed([1, 2])], total }));
  expect(history).toEqual(['1700000005,7,,Aggregated,2.500000,0.000000,1,2,2,2,2,2,2,2,2,2,2,2,0,1,1.5,1.0,2.0,0.0']);
});

test('the full history has a row for each entry too, with percentiles of the last ten seconds', async () => {
  const entry = timed([1, 2], { currentPercentile: (quantile) => (quantile === 1 ? null : 0.25) });
  const { history } = await written(aView({ entries: [entry] }), { fullHistory: true });
  expect(history.map((row) => row.split(',').slice(0, 17).join())).toEqual([
    '1700000005,7,GET,/,0.000000,0.000000,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0',
    '1700000005,7,,Aggregated,0.000000,0.000000,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A',
  ]);
});

test('the file about the generator has a row for each interval of each worker, of warm-up and saturation too', async () => {
  using folder = aFolder();
  const report = await CsvReport.open(join(folder.path, 'x'));
  const rows = () => readFileSync(join(folder.path, 'x_generator.csv'), 'utf8').split('\r\n').slice(1, -1);
  const busy = aHealth({
    cpuPercent: 99.96,
    memoryBytes: 81_234_567,
    loopDelayMillis: 62.0005,
    loopUtilisation: 0.97,
    gcMillis: 12.3456,
    isSaturated: true,
  });
  report.addWorkers([
    aWorkerInterval('w-1', anInterval(1_700_000_000.0004, true), { userCount: 12 }),
    {
      ...aWorkerInterval('w, 2', anInterval(1_700_000_000.25), { userCount: 3, ...busy }),
      link: { roundTripMillis: 0.4216, clockOffsetSeconds: -3600.0005 },
    },
  ]);
  await report.write(aView(), { now: 1_700_000_001.1, userCount: 15 });
  expect(rows()).toEqual([
    '1700000000,w-1,0.0,0,0,0.0000,0,12,0,1,,,',
    '1700000000,"w, 2",100.0,81234567,62.001,0.9700,12.346,3,1,0,,0.422,-3600000.500',
  ]);
  report.addWorkers([aWorkerInterval('w-1', anInterval(1_700_000_001.25), { userCount: 0 })]);
  await report.close(aView(), { now: 1_700_000_002, userCount: 0 });
  expect(rows()).toHaveLength(3);
  expect(report.failed).toBeUndefined();
});

test.skipIf(process.platform !== 'linux')(
  'a file about the generator that cannot be written is an error like the others',
  async () => {
    using folder = aFolder();
    symlinkSync('/dev/full', join(folder.path, 'x_generator.csv'));
    await expect(CsvReport.open(join(folder.path, 'x'))).rejects.toMatchObject({
      code: 'OUTPUT',
      message: expect.stringMatching(/x_generator\.csv cannot be written \(ENOSPC/),
    });
  },
);

test('names and texts are quoted only where needed, quotes are doubled, line ends inside stay', async () => {
  const { failures, exceptions } = await written(
    aView({
      errors: [anError({ name: '/a,b', error: 'said "no"', occurrences: 3, firstSeen: 0 })],
      exceptions: [anException({ count: 2, message: 'b', traceback: 'Error: b\n  at x', nodes: ['local', 'w-1'] })],
    }),
  );
  expect(failures).toEqual(['GET,"/a,b","said ""no""",3,,2023-11-14T22:13:21Z']);
  expect(exceptions).toEqual(['2,b,"Error: b\n  at x","local, w-1"']);
});

test('with an outcome, every row is about the samples of that outcome', async () => {
  const only = (outcome: string) => anEntry({ name: outcome, numRequests: 1 });
  const view = aView({ entries: [anEntry({ only })], total: anEntry({ only }) });
  const { stats, history } = await written(view, { outcome: 'ok', fullHistory: true });
  expect([...stats, ...history].filter((row) => !row.includes(',ok,'))).toEqual([]);
  expect(stats).toHaveLength(2);
});

test('whoever reads the statistics while they are rewritten sees a whole file', async () => {
  using folder = aFolder();
  const prefix = join(folder.path, 'x');
  const report = await CsvReport.open(prefix);
  const entries = Array.from({ length: 500 }, (_, index) => timed([1], { name: `/item/${index}` }));
  const view = aView({ entries });
  await report.write(view, { now: 1_700_000_000, userCount: 1 });
  let isOver = false;
  const end = report.close(view, { now: 1_700_000_001, userCount: 1 }).then(() => {
    isOver = true;
  });
  const lengths = new Set<number>();
  while (!isOver) {
    lengths.add(readFileSync(`${prefix}_stats.csv`, 'utf8').split('\r\n').length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await end;
  expect([...lengths]).toEqual([503]);
  expect(readdirSync(folder.path)).toHaveLength(5);
});

test('the final write adds no second row for a second that the history has', async () => {
  using folder = aFolder();
  const prefix = join(folder.path, 'x');
  const report = await CsvReport.open(prefix);
  await report.write(aView(), { now: 1_700_000_000.2, userCount: 1 });
  await report.close(aView(), { now: 1_700_000_000.8, userCount: 1 });
  await report.close(aView(), { now: 1_700_000_009, userCount: 1 });
  const rows = readFileSync(`${prefix}_stats_history.csv`, 'utf8').split('\r\n').slice(1, -1);
  expect(rows.map((row) => row.split(',')[0])).toEqual(['1700000000']);
});

/** The seconds that the history has after these calls of `write`, and one of `close`, none of which waits for the one before. */
async function secondsOf(writes: readonly number[], end: number, options = {}) {
  using folder = aFolder();
  const prefix = join(folder.path, 'x');
  const report = await CsvReport.open(prefix, options);
  const view = aView({ entries: Array.from({ length: 300 }, (_, index) => timed([1], { name: `/item/${index}` })) });
  for (const now of writes) void report.write(view, { now: 1_700_000_000 + now, userCount: 1 });
  await report.close(view, { now: 1_700_000_000 + end, userCount: 1 });
  const rows = readFileSync(`${prefix}_stats_history.csv`, 'utf8').split('\r\n').slice(1, -1);
  return rows.map((row) => Number(row.split(',')[0]) - 1_700_000_000);
}

test.each([
  ['a call that is late, so that a second has none', [0.99, 2.01], 2.5, [0, 1, 2]],
  ['a last call that comes seconds after the one before', [0.1, 1.1], 4.9, [0, 1, 2, 3, 4]],
  ['two calls in one second', [0.02, 0.98, 1.2], 1.3, [0, 1]],
  ['a call by a clock that was set back', [2.5, 1.5], 3.5, [2, 3]],
  ['no call but the last', [], 7.5, [7]],
])('each second has one row in the history: %s', async (_, writes, end, seconds) => {
  expect(await secondsOf(writes, end)).toEqual(seconds);
});

test('rows of a full history stay in order when a second takes longer than a second', async () => {
  const seconds = await secondsOf([0.1, 1.1, 2.1, 3.1], 3.2, { fullHistory: true });
  expect(seconds).toEqual([0, 1, 2, 3].flatMap((second) => Array<number>(301).fill(second)));
});

test('after a long time without any, no more than twenty thousand rows are made at once, of the newest seconds', async () => {
  const seconds = await secondsOf([0.1], 100_000_000, { fullHistory: true });
  expect(seconds.length).toBeLessThan(20_000 + 2 * 301);
  expect(new Set(seconds).size).toBeGreaterThan(60);
  expect(seconds.at(-1)).toBe(100_000_000);
});

test('a run that goes on adds to what grows: rows stay, there is no second header, and half a row is cut off', async () => {
  using folder = aFolder();
  const prefix = join(folder.path, 'x');
  const total = timed([1, 2], { method: '', name: 'Aggregated' });
  const entry = timed([1], { name: 'a "quoted"\r\nname' });
  const view = aView({ total, entries: [entry] });
  const first = await CsvReport.open(prefix, { fullHistory: true });
  first.addWorkers([aWorkerInterval('w-1', anInterval(1_700_000_000))]);
  await first.write(view, { now: 1_700_000_001, userCount: 7 });
  const [history, generator] = [`${prefix}_stats_history.csv`, `${prefix}_generator.csv`];
  const before = readFileSync(history, 'utf8');
  // the master is killed here, in the middle of a row
  appendFileSync(history, '1700000002,7,GET,"a ""quoted""\r\n');
  appendFileSync(generator, '1700000001,w-');
  const next = await CsvReport.open(prefix, { fullHistory: true, continues: true });
  expect(readFileSync(history, 'utf8')).toBe(before);
  expect(readFileSync(`${prefix}_stats.csv`, 'utf8').split('\r\n')).toHaveLength(5);
  next.addWorkers([aWorkerInterval('w-1', anInterval(1_700_000_050))]);
  await next.write(view, { now: 1_700_000_051, userCount: 7 });
  const lost = { id: 'w-2', saturatedSeconds: 0, lostAt: 1_700_000_030.5, unreportedSeconds: 1.25 };
  await next.close(aView({ total, entries: [entry], workers: [lost] }), { now: 1_700_000_051.5, userCount: 0 });
  await first.close(view, { now: 1_700_000_001, userCount: 7 }); // only lets go of its files
  const text = readFileSync(history, 'utf8');
  expect(text.startsWith(before)).toBe(true);
  expect(text.slice(before.length).match(/^17\d+(?=,7,)/gm)).toEqual(['1700000051', '1700000051']);
  expect(text.match(/Timestamp/g)).toHaveLength(1);
  const rows = readFileSync(generator, 'utf8').split('\r\n');
  expect(rows.map((row) => row.split(',').slice(0, 2).join())).toEqual([
    'Timestamp,Worker',
    '1700000000,w-1',
    '1700000050,w-1',
    '1700000030,w-2',
    '',
  ]);
  expect(rows.at(-2)).toBe('1700000030,w-2,,,,,,0,,,1.250,,');
});

test('lost workers of which no line is kept have one row together', async () => {
  using folder = aFolder();
  const prefix = join(folder.path, 'x');
  const report = await CsvReport.open(prefix);
  const forgottenLost = { count: 12, lastLostAt: 1_700_000_030.5, unreportedSeconds: 3.5 };
  await report.close(aView({ forgottenLost }), { now: 1_700_000_051.5, userCount: 0 });
  const rows = readFileSync(`${prefix}_generator.csv`, 'utf8').split('\r\n');
  expect(rows.slice(1)).toEqual(['1700000030,and 12 more,,,,,,0,,,3.500,,', '']);
});

test('a run that goes on where there are no files, or others, begins them', async () => {
  using folder = aFolder();
  const prefix = join(folder.path, 'x');
  writeFileSync(`${prefix}_stats_history.csv`, 'something else\r\n');
  const report = await CsvReport.open(prefix, { continues: true });
  await report.close(aView(), { now: 1_700_000_001, userCount: 0 });
  expect(readFileSync(`${prefix}_stats_history.csv`, 'utf8')).toMatch(/^Timestamp,User Count,/);
  expect(readFileSync(`${prefix}_generator.csv`, 'utf8')).toMatch(/^Timestamp,Worker,/);
  expect(readFileSync(`${prefix}_stats.csv`, 'utf8')).toMatch(/^Type,Name,/);
});
