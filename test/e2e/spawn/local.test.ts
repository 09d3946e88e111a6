import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { LocalSpawner } from '../../../src/spawn/localSpawner.js';
import { tsload } from '../tsload.js';
import { Heard } from './heard.js';
import { spawnerContract } from './spawnerContract.js';

const program = fileURLToPath(new URL('./standIn.mjs', import.meta.url));

describe.concurrent('workers as child processes', () => {
  spawnerContract({
    make: (workers) => new LocalSpawner(workers, { program, nodeOptions: [] }),
    source: (workers) => ['spawn/localSpawner.js', 'LocalSpawner', [workers, { program, orderlyMillis: 1000 }]],
  });

  test('-1 is one worker for each core', async () => {
    await using crew = new Heard(new LocalSpawner(-1, { program, nodeOptions: [] }));
    await crew.start([]);
    expect(crew.workers).toHaveLength(availableParallelism());
  });

  test('a worker that Node cannot start says why, and its end is told', async () => {
    await using crew = new Heard(new LocalSpawner(1, { program, nodeOptions: ['--no-such-option'] }));
    await crew.start([]);
    expect(await crew.end()).toEqual([{ code: 9, signal: null }]);
    expect(crew.textsOf().join()).toContain('bad option: --no-such-option');
  });

  test('what the system cannot start is a sentence, and nothing is left running', async () => {
    await using crew = new Heard(new LocalSpawner(2, { program, nodeOptions: [] }));
    const tooLong = 'x'.repeat(4 * 1024 * 1024);
    await expect(crew.start([tooLong])).rejects.toThrow(/^worker 0 cannot be started on this machine: .*E2BIG/);
  });

  test('workers stopped by the system are killed when their time is over', async () => {
    await using crew = new Heard(new LocalSpawner(1, { program, nodeOptions: [] }));
    await crew.start(['--say-pid']);
    await crew.sees(/^pid/);
    process.kill(crew.workers[0]?.pid ?? 0, 'SIGSTOP');
    await crew.spawner.stop(0.3);
    expect(crew.ends.map(({ end }) => end.signal)).toEqual(['SIGKILL']);
  });

  test('--supervised is refused in a process that tsload did not start', async () => {
    const { code, stderr } = await tsload('--worker --supervised');
    expect(code).toBe(2);
    expect(stderr).toBe('tsload: error: --supervised is for workers that tsload itself starts: leave it out\n');
  });
});
