/**
 * What every spawner does, whatever it starts its workers with. `standIn.mjs` stands in for the worker.
 */
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import type { Spawner } from '../../../src/spawn/index.js';
import { until } from '../../until.js';
import { Heard } from './heard.js';
import { isRunning, processesThatShow } from './processes.js';
import { Starter } from './starter.js';

export interface SpawnerBody {
  /** A spawner of so many workers, each of which runs the stand-in. */
  make(workers: number): Spawner;
  /** The same as an expression of JavaScript, for a process of its own: `[file of dist, export, arguments]`. */
  source(workers: number): readonly [file: string, name: string, args: readonly unknown[]];
}

export function spawnerContract(body: SpawnerBody): void {
  const heard = (workers: number) => new Heard(body.make(workers));

  test('starts as many workers as asked, with the words of a supervised worker, those of the order, and an identity each', async () => {
    await using crew = heard(3);
    await crew.start(['--say-words', '--loglevel', 'DEBUG', '--say-identity']);
    await crew.sees(/^identity/);
    expect(crew.workers).toHaveLength(3);
    expect(new Set(crew.workers.map(({ name }) => name)).size).toBe(3);
    expect(new Set(crew.workers.map(({ identity }) => identity)).size).toBe(3);
    for (const { name, identity } of crew.workers) {
      expect(crew.textsOf(name)[1]).toBe(`identity ${identity}`);
      const words: unknown = JSON.parse(crew.textsOf(name)[0]?.slice('words '.length) ?? '');
      expect(words).toEqual(
        expect.arrayContaining(['--worker', '--supervised', '--master-host', '--loglevel', 'DEBUG']),
      );
    }
  });

  test('its workers reach the master where the spawner says it is, and know the secret', async () => {
    const callers: string[] = [];
    const server = createServer((socket) => socket.on('data', (data) => callers.push(data.toString().trim())));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await using crew = heard(2);
      const address = server.address();
      const masterPort = typeof address === 'object' && address !== null ? address.port : 0;
      await crew.start(['--call-master'], { masterPort, secrets: { token: 'open-sesame' } });
      await until(() => callers.length === 2);
      expect(callers.sort()).toEqual(crew.workers.map(({ pid }) => `open-sesame ${pid}`).sort());
    } finally {
      server.close();
    }
  });

  test('a secret stands in no command line and in no environment of any process', async () => {
    const token = `secret-${'0123456789'.repeat(5)}`;
    await using crew = heard(2);
    await crew.start(['--say-secret-length'], { secrets: { token } });
    await crew.sees(new RegExp(`secret of ${token.length} characters`));
    expect(processesThatShow('--say-secret-length').length).toBeGreaterThanOrEqual(2);
    expect(processesThatShow(token)).toEqual([]);
  });

  test('tells the lines of output and error output, each as of its worker, the unfinished last one too', async () => {
    await using crew = heard(2);
    await crew.start(['--say-pid', '--complain', '--exit', '0']);
    await crew.end();
    for (const { name, pid } of crew.workers) {
      expect(crew.textsOf(name).sort()).toEqual(['last words', 'on the error output', `pid ${pid}`]);
    }
  });

  test('tells with which code a worker ended by itself, once, and starts no other', async () => {
    await using crew = heard(2);
    await crew.start(['--exit', '7']);
    expect(await crew.end()).toEqual([
      { code: 7, signal: null },
      { code: 7, signal: null },
    ]);
    await crew.spawner.stop();
    expect(crew.ends).toHaveLength(2);
    expect(crew.textsOf()).toEqual(['last words']);
  });

  test('tells which signal ended a worker', async () => {
    await using crew = heard(1);
    await crew.start(['--kill', 'SIGKILL']);
    expect(await crew.end()).toEqual([{ code: null, signal: 'SIGKILL' }]);
  });

  test('stop lets workers end in good order, and resolves after their last lines and ends were told', async () => {
    await using crew = heard(2);
    await crew.start(['--say-pid']);
    await crew.sees(/^pid/);
    await crew.spawner.stop(20);
    expect(crew.ends.map(({ end }) => end)).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    for (const { name } of crew.workers) expect(crew.textsOf(name).at(-1)).toBe('ended in good order');
  });

  test.each([['--ignore-stop'], ['--spin']])('stop kills a worker with %s when its time is over', async (word) => {
    await using crew = heard(2);
    await crew.start(['--say-pid', word]);
    await crew.sees(/^pid/);
    await crew.spawner.stop(0.3);
    expect(crew.ends.map(({ end }) => end.signal)).toEqual(['SIGKILL', 'SIGKILL']);
    for (const { pid } of crew.workers) expect(isRunning(pid)).toBe(false);
  });

  test('a second stop with less time shortens the first', async () => {
    await using crew = heard(1);
    await crew.start(['--say-pid', '--ignore-stop']);
    await crew.sees(/^pid/);
    const patient = crew.spawner.stop(3600);
    await crew.spawner.stop(0);
    await patient;
    expect(crew.ends).toHaveLength(1);
  });

  test('stop while it starts leaves nothing running', async () => {
    await using crew = heard(2);
    const starting = crew.start([]).catch(() => {});
    await crew.spawner.stop(1);
    await starting;
    await crew.spawner.stop(0);
    for (const { pid } of crew.workers) expect(isRunning(pid)).toBe(false);
    await expect(crew.spawner.start({ masterHost: 'x', masterPort: 1, words: [], secrets: {} })).rejects.toThrow(
      'once',
    );
  });

  test('after stop, and a second time, it starts nothing', async () => {
    await using crew = heard(1);
    await crew.spawner.stop();
    await expect(crew.start([])).rejects.toThrow(/a spawner starts once/);
    expect(crew.workers).toEqual([]);
  });

  test('200 lines a second of each worker come complete and in order', async () => {
    await using crew = heard(2);
    await crew.start(['--lines', '200']);
    await crew.sees(/^line 400$/);
    for (const { name } of crew.workers) {
      const texts = crew.textsOf(name);
      expect(texts).toEqual(texts.map((_, index) => `line ${index}`));
    }
  });

  test('a huge line is cut and says so, and the next one comes whole', async () => {
    await using crew = heard(1);
    await crew.start(['--huge', '5000000']);
    await crew.sees(/^after it$/);
    const [huge, ...others] = crew.textsOf();
    expect(huge).toMatch(/^x{16384} … and 4983616 more characters$/);
    expect(others).toEqual(['after it']);
  });

  test('binary garbage becomes text without control characters', async () => {
    await using crew = heard(1);
    await crew.start(['--garbage', '--exit', '0']);
    await crew.end();
    const [garbage] = crew.textsOf();
    expect(garbage).toBe('\ufffd\ufffd\ufffd\ufffd\u001b\ufffd\ufffd\ufffd');
  });

  test.each([['--spin'], ['--ignore-stop'], ['--spin-at-once']])(
    'workers with %s are gone seconds after their starter was killed',
    async (word) => {
      using starter = new Starter(body.source(2), ['--say-pid', word]);
      const pids = await starter.pids();
      await starter.sees(word === '--ignore-stop' ? /pid \d+/ : /spinning/, 2);
      process.kill(starter.pid, 'SIGKILL');
      await until(() => pids.every((pid) => !isRunning(pid)), { what: `the end of ${pids}` });
    },
  );

  test('a SIGINT to the process group, as of Ctrl+C, reaches the starter alone', async () => {
    using starter = new Starter(body.source(2), ['--say-pid']);
    const pids = await starter.pids();
    await starter.sees(/pid \d+/, 2);
    process.kill(-starter.pid, 'SIGINT');
    await starter.finished;
    expect(starter.output).not.toContain('got SIGINT');
    expect(starter.output.match(/ended in good order/g)).toHaveLength(2);
    for (const pid of pids) expect(isRunning(pid)).toBe(false);
  });
}
