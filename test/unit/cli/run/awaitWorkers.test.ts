import { describe, expect, test, vi } from 'vitest';
import { awaitWorkers } from '../../../../src/cli/run/awaitWorkers.js';
import { addLogSink } from '../../../../src/log.js';
import { captureLog } from '../../../capturedLog.js';

/** Of a run that started two workers, which are all there is. */
async function waitFor(expectWorkers: number | undefined, takesOthers: boolean) {
  const lines: string[] = [];
  const forget = addLogSink(({ message }) => lines.push(message));
  const runner = { readyWorkerCount: 2, workers: [], untilWorkers: async (count: number) => count <= 2 };
  const own = { count: 2, failed: new Promise<void>(() => {}), calm: async () => {}, absentFrom: () => [] };
  const came = await awaitWorkers(runner, own, { expectWorkers, expectWorkersMaxWait: 1 }, takesOthers);
  forget();
  return { came, text: lines.join('\n') };
}

describe('the wait of a master for its workers', () => {
  test('is over when those are there that it has started', async () => {
    expect(await waitFor(undefined, false)).toEqual({ came: true, text: '' });
  });

  test('does not begin for more than can ever come', async () => {
    const { came, text } = await waitFor(3, false);
    expect(came).toBe(false);
    expect(text).toMatch(/^--expect-workers is 3, but only 2 are started, and nobody else can join: /);
  });

  test('names now and then those that were started and have not come', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    using _ = { [Symbol.dispose]: () => vi.useRealTimers() };
    using log = captureLog();
    let give = (_: boolean): void => {};
    const untilWorkers = () => new Promise<boolean>((resolve) => (give = resolve));
    const names = Array.from({ length: 7 }, (_, index) => `loadgen ${index}`);
    const own = { count: 8, failed: new Promise<void>(() => {}), calm: async () => {}, absentFrom: () => names };
    const runner = { readyWorkerCount: 1, workers: [], untilWorkers };
    const came = awaitWorkers(runner, own, { expectWorkers: undefined, expectWorkersMaxWait: 0 }, false);
    vi.advanceTimersByTime(11_000);
    give(true);
    expect(await came).toBe(true);
    const line = 'Waiting for workers: 1 of 8 are ready';
    const first = 'loadgen 0, loadgen 1, loadgen 2, loadgen 3, loadgen 4';
    expect(log.at('INFO')).toEqual([line, `${line} (started, and not come yet: ${first} and 2 more)`]);
  });

  test('gives up after its time where others might have come', async () => {
    const { came, text } = await waitFor(3, true);
    expect(came).toBe(false);
    expect(text).toMatch(/Gave up waiting for workers: 2 of 3 workers came within 1 seconds/);
  });
});
