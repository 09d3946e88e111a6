/**
 * The watchdog of a spawned worker, a thread of its own: its event loop turns while a task of the main thread spins.
 *
 * It reads the pipe to the process that started this one, without ever blocking in a read, which would keep the process from
 * exiting. When the pipe ends, that process is gone, and this one follows: SIGTERM first, then SIGKILL to its whole group, so that
 * nothing that the worker started stays behind either.
 */
import { Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { maxHandoverCharacters, pipeDescriptor, readHandover, stopCommand } from './handover.js';
import type { WatchdogMessage } from './supervised.js';

let text = '';
let orderlyMillis: number | undefined;

watch();

function watch(): void {
  let pipe: Socket;
  try {
    pipe = new Socket({ fd: pipeDescriptor, readable: true, writable: false });
  } catch {
    tell({ kind: 'alone' });
    return;
  }
  pipe.setEncoding('utf8');
  pipe.on('data', (chunk: string) => heard(chunk));
  pipe.on('error', () => {}); // `close` follows
  pipe.on('close', starterIsGone);
}

function heard(chunk: string): void {
  text += chunk;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    if (orderlyMillis === undefined) takeHandover(line);
    else if (line === stopCommand) process.kill(process.pid, 'SIGTERM');
  }
  if (text.length > maxHandoverCharacters) kill();
}

/** The main thread reads it too, and says what is wrong with it. */
function takeHandover(line: string): void {
  try {
    orderlyMillis = readHandover(line).orderlyMillis;
  } catch {
    orderlyMillis = 0;
  }
  tell({ kind: 'handover', line });
}

function starterIsGone(): void {
  if (orderlyMillis === undefined) kill(); // there is nothing yet that could be put in order
  setTimeout(kill, orderlyMillis);
  process.kill(process.pid, 'SIGTERM');
}

function kill(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL'); // not the leader of a group
  }
}

function tell(message: WatchdogMessage): void {
  parentPort?.postMessage(message);
}
