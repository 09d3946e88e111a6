/**
 * Other load generators, where they are installed: what is started, and how its turn is read from what it prints.
 */
import { resolve } from 'node:path';
import { isInstalled, runCommand } from '../children.js';
import { type Contender, programContender, type RoundsOptions } from '../rounds.js';
import { locustContender } from './locust.js';

export function httpPeers(options: RoundsOptions): Contender[] {
  const url = `${urlOf(options)}/`;
  const connections = String(options.target.concurrency);
  const duration = String(options.seconds);
  return [
    command('wrk', 'wrk', ['-t1', `-c${connections}`, `-d${duration}s`, url], /(\d+) requests in/),
    command('h2load (HTTP/1.1)', 'h2load', ['--h1', `-c${connections}`, `-D${duration}`, url], /requests: (\d+) total/),
    command(
      'autocannon',
      'autocannon',
      ['-c', connections, '-d', duration, '--json', url],
      /"requests":.*?"total":(\d+)/,
    ),
    locustContender('Locust HttpUser', 'Http', options),
    locustContender('Locust FastHttpUser', 'FastHttp', options),
  ].filter((contender) => contender !== undefined);
}

export function grpcPeers(options: RoundsOptions): Contender[] {
  const call = [
    '-H',
    'content-type: application/grpc',
    '-H',
    'te: trailers',
    '-d',
    resolve('bench/peers/factorial.bin'),
  ];
  const url = `${urlOf(options)}/item.MathService/CalculateFactorial`;
  const load = [`-c${options.target.concurrency}`, '-m1', `-D${options.seconds}`, ...call, url];
  return [command('h2load (the same calls)', 'h2load', load, /requests: (\d+) total/)].filter(
    (found) => found !== undefined,
  );
}

function urlOf({ target }: RoundsOptions): string {
  return `http://127.0.0.1:${target.port}`;
}

/** A program that says at its end how many requests it made. Its start is in the processor time. */
function command(name: string, program: string, args: readonly string[], count: RegExp): Contender | undefined {
  if (!isInstalled(program)) return undefined;
  return programContender(name, async () => {
    const { printed, cpuSeconds } = await runCommand(program, args);
    return { operations: Number(count.exec(printed)?.[1] ?? Number.NaN), cpuSeconds };
  });
}
