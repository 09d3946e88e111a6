import { expect, test } from 'vitest';
import { canShowProgress, ProgressLine, progressText, type TerminalStream } from '../../../src/reports/progress.js';
import { Screen } from '../../screen.js';
import { anEntry, aView } from './aView.js';

test('the line says elapsed of run time, users of target, rate, failures and the current 95 %', () => {
  const total = anEntry({ currentRps: 812.44, numFailures: 3, failRatio: 0.0004, currentPercentile: () => 7.25 });
  const progress = { elapsedSeconds: 42.9, runTimeSeconds: 180, userCount: 90, targetUserCount: 100 };
  expect(progressText(progress, aView({ total }))).toBe(
    '0:42/3:00  users 90/100  812.4 req/s  failures 3 (0.04%)  p95 7.25 ms',
  );
});

test('without a run time and without samples the line claims neither', () => {
  const progress = { elapsedSeconds: 3725, userCount: 0, targetUserCount: 1 };
  expect(progressText(progress, aView())).toBe('1:02:05  users 0/1  0.0 req/s  failures 0 (0.00%)  p95 -');
});

test('a rate that cannot be known yet is no 0.0', () => {
  const at = (elapsedSeconds: number, currentRps: number) =>
    progressText({ elapsedSeconds, userCount: 1, targetUserCount: 1 }, aView({ total: anEntry({ currentRps }) }));
  expect(at(1.5, 0)).toContain('users 1/1  - req/s');
  expect(at(2.5, 40)).toContain('users 1/1  40.0 req/s');
  expect(at(3, 0)).toContain('users 1/1  0.0 req/s');
});

test('the line says when the generator was saturated in the last second', () => {
  const point = (isSaturated: boolean) => ({
    time: 0,
    seconds: 1,
    userCount: 1,
    currentRps: 0,
    currentFailPerSec: 0,
    totalAvgResponseTime: 0,
    percentiles: {},
    generator: null,
    isSaturated,
    isWarmup: false,
  });
  const progress = { elapsedSeconds: 1, userCount: 1, targetUserCount: 1 };
  expect(progressText(progress, aView({ history: [point(false), point(true)] }))).toMatch(/ {2}saturated$/);
  expect(progressText(progress, aView({ history: [point(true), point(false)] }))).not.toContain('saturated');
});

test('whatever is written while the line is shown stands above it, whole', () => {
  const screen = new Screen();
  const line = new ProgressLine(screen);
  line.update('0:01 running');
  screen.write('a log line\n');
  line.update('0:02 running, and longer');
  screen.write('a table\nof two lines\n');
  line.update('0:03');
  expect(screen.lines).toEqual(['a log line', 'a table', 'of two lines', '0:03']);
  line.close();
  screen.write('the summary\n');
  expect(screen.lines).toEqual(['a log line', 'a table', 'of two lines', 'the summary', '']);
});

test('output of another stream on the same screen does not mix with the line', () => {
  const screen = new Screen();
  const stdout: TerminalStream = { isTTY: true, write: (chunk) => screen.write(chunk) };
  const file: TerminalStream = { isTTY: false, write: () => true };
  const fileWrite = file.write;
  const line = new ProgressLine(screen, [stdout, file]);
  line.update('progress');
  stdout.write('printed by a task\n');
  expect(screen.lines).toEqual(['printed by a task', 'progress']);
  expect(file.write).toBe(fileWrite);
});

test('the line waits while somebody else has begun a line', () => {
  const screen = new Screen();
  const line = new ProgressLine(screen);
  line.update('progress');
  screen.write('Loading');
  line.update('progress 2');
  screen.write('');
  expect(screen.lines).toEqual(['Loading']);
  screen.write(new TextEncoder().encode(' done\n'));
  expect(screen.lines).toEqual(['Loading done', 'progress 2']);
});

test('a line longer than the terminal is cut, so that it never wraps', () => {
  const screen = new Screen(10);
  new ProgressLine(screen).update('0123456789abc');
  expect(screen.lines).toEqual(['01234567…']);
});

test('closing gives the streams back as they were, also twice', () => {
  const screen = new Screen();
  const { write } = screen;
  const line = new ProgressLine(screen);
  expect(screen.write).not.toBe(write);
  line.update('progress');
  line.close();
  line.close();
  expect(screen.write).toBe(write);
  expect(screen.lines).toEqual(['']);
});

test('there is no line without a terminal, and none on a dumb one', () => {
  const shown = [{ isTTY: true }, { isTTY: false }, {}].map((terminal) => canShowProgress(terminal, { TERM: 'xterm' }));
  expect(shown).toEqual([true, false, false]);
  expect(canShowProgress({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
});
