import { describe, expect, test } from 'vitest';
import { awaitWorkers } from '../../../../src/cli/run/awaitWorkers.js';
import { addLogSink } from '../../../../src/log.js';

/** Of a run that started two workers, which are all there is. */
async function waitFor(expectWorkers: number | undefined, takesOthers: boolean) {
  const lines: string[] = [];
  const forget = addLogSink(({ message }) => lines.push(message));
  const runner = { readyWorkerCount: 2, untilWorkers: async (count: number) => count <= 2 };
  const own = { count: 2, failed: new Promise<void>(() => {}) };
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

  test('gives up after its time where others might have come', async () => {
    const { came, text } = await waitFor(3, true);
    expect(came).toBe(false);
    expect(text).toMatch(/Gave up waiting for workers: 2 of 3 workers came within 1 seconds/);
  });
});
