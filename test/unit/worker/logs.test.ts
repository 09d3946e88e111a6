import { describe, expect, test } from 'vitest';
import { getLogger } from '../../../src/log.js';
import { WorkerLogs } from '../../../src/master/workerLogs.js';
import { LogFlood, LogForwarder } from '../../../src/worker/logForwarder.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aWorker } from './workers.js';

const log = getLogger('tsload.test');

function aForwarder(batchMillis = 1_000_000) {
  const sent: { level: string; text: string }[] = [];
  const forwarder = new LogForwarder({
    format: ({ message }) => `> ${message}`,
    batchMillis,
    send: (lines) => sent.push(...lines),
  });
  return { forwarder, sent };
}

describe('a flood of log lines', () => {
  test('[138] is over 70 lines within 10 seconds; then only warnings and worse go', () => {
    const flood = new LogFlood();
    const verdicts = Array.from({ length: 71 }, (_, at) => flood.judge('INFO', at / 10));
    expect(verdicts.slice(0, 70).every((verdict) => verdict === 'goes')).toBe(true);
    expect(verdicts[70]).toBe('last');
    expect(flood.judge('INFO', 1e6)).toBe('stays');
    expect(flood.judge('WARNING', 1e6)).toBe('goes');
  });

  test('does not come of the same number over a longer time', () => {
    const flood = new LogFlood();
    const verdicts = Array.from({ length: 1000 }, (_, at) => flood.judge('INFO', at));
    expect(verdicts.every((verdict) => verdict === 'goes')).toBe(true);
  });

  test('of warnings is bounded too, and ends after 10 seconds', () => {
    const flood = new LogFlood();
    for (let at = 0; at < 71; at++) flood.judge('ERROR', 0);
    const verdicts = Array.from({ length: 100 }, () => flood.judge('ERROR', 1));
    expect(verdicts.filter((verdict) => verdict === 'goes')).toHaveLength(70);
    expect(flood.judge('ERROR', 12)).toBe('goes');
  });
});

describe('lines on their way to the master', () => {
  test('[138] end with one that says that no more are sent', () => {
    const { forwarder, sent } = aForwarder();
    for (let at = 0; at < 100; at++) log.info(`line ${at}`);
    forwarder.close();
    expect(sent).toHaveLength(72);
    expect(sent[70]).toEqual({ level: 'INFO', text: '> line 70' });
    expect(sent[71]?.text).toContain('only warnings and errors of this worker are sent to the master from here on');
  });

  test('wait while the master cannot be heard, the latest 500 of them', () => {
    const { forwarder, sent } = aForwarder();
    forwarder.hold(true);
    for (let at = 0; at < 600; at++) log.info(`line ${at}`.padEnd(20_000, '.'));
    forwarder.flush();
    expect(sent).toEqual([]);
    forwarder.hold(false);
    forwarder.flush();
    expect(sent.length).toBeLessThanOrEqual(500);
    expect(sent[0]?.text.length).toBeLessThan(16_384);
    forwarder.close();
  });

  test('nothing is taken after the end', () => {
    const { forwarder, sent } = aForwarder();
    forwarder.close();
    log.info('too late');
    forwarder.flush();
    expect(sent).toEqual([]);
  });

  test('of a worker are sent as it formats them, the last ones before it leaves', async () => {
    const worker = await aWorker({ userClasses: [idle('A')], formatLog: ({ message }) => `here: ${message}` });
    worker.welcome();
    log.info('a first line');
    await until(() => worker.link.of('logs').length > 0);
    expect(worker.link.of('logs')[0]?.lines).toEqual([{ level: 'INFO', text: 'here: a first line' }]);
    log.warning('a last line');
    await worker.runner.quit();
    const lines = worker.link.of('logs').flatMap((message) => message.lines);
    expect(lines).toContainEqual({ level: 'WARNING', text: 'here: a last line' });
  });
});

test('a line that a master in the same process repeats is not sent to it once more', () => {
  using shown = captureLog();
  const logs = new WorkerLogs(true);
  const forwarder = new LogForwarder({
    format: ({ message }) => message,
    batchMillis: 1_000_000,
    send: (lines) => logs.take('w1', lines),
  });
  log.warning('the event loop is busy');
  for (let batch = 0; batch < 5; batch++) forwarder.flush();
  forwarder.close();
  expect(shown.at('WARNING')).toEqual(['the event loop is busy', 'w1: the event loop is busy']);
  expect(logs.of('w1')).toEqual(['the event loop is busy']);
});
