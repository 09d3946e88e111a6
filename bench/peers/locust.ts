/**
 * Locust as a contender that takes short turns: its locustfile works while a line on standard input says so.
 *
 * `TSLOAD_BENCH_LOCUST` names Locust's program when it is not on the PATH, for example `venv/bin/locust`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { isInstalled, numberIn, pinned } from '../children.js';
import { type Contender, type RoundsOptions, shortTurnSeconds, type Turn } from '../rounds.js';

const program = process.env['TSLOAD_BENCH_LOCUST'] ?? 'locust';
const locustfile = resolve('bench/peers/locustfile.py');

/** Undefined where there is no Locust. */
export function locustContender(name: string, userClass: string, { target }: RoundsOptions): Contender | undefined {
  if (!isInstalled(program)) return undefined;
  const users = ['-u', String(target.concurrency), '-r', String(target.concurrency)];
  const host = `http://127.0.0.1:${target.port}`;
  const args = ['-f', locustfile, '--headless', '--only-summary', '-L', 'ERROR', ...users, '--host', host, userClass];
  return {
    name,
    open: async () => {
      const [first, ...rest] = pinned(program, args);
      const child = spawn(first, rest, { stdio: ['pipe', 'pipe', 'ignore'] });
      const exited = once(child, 'exit');
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      numberIn(await nextMessage(lines), 'warm');
      return {
        turnSeconds: shortTurnSeconds,
        takeTurn: async (): Promise<Turn> => {
          child.stdin.write(`${shortTurnSeconds}\n`);
          const turn = await nextMessage(lines);
          return { operations: numberIn(turn, 'operations'), cpuSeconds: numberIn(turn, 'cpuSeconds') };
        },
        [Symbol.asyncDispose]: async () => {
          child.kill('SIGKILL');
          await exited;
        },
      };
    },
  };
}

async function nextMessage(lines: AsyncIterator<string>): Promise<unknown> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) throw new Error(`${program} ended and said nothing`);
    if (value.startsWith('bench ')) return JSON.parse(value.slice('bench '.length));
  }
}
