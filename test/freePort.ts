/**
 * A port for a server that starts later, or never. It lies below those that the system gives out by itself: one of these could be
 * given to a neighbour before the server comes. Processes of the test runner that run at the same time have ranges of their own.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const first = 12_000;
const portsOfProcess = 1_000;
const processes = 20;

const begin = first + (Number(process.env['VITEST_POOL_ID'] ?? 0) % processes) * portsOfProcess;
// a file's process follows another one in the same range, and another run may go on beside this one
let next = randomInt(portsOfProcess);

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portsOfProcess; tries++) {
    const port = begin + (next++ % portsOfProcess);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${begin} on is free`);
}

/** On every address. */
function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
