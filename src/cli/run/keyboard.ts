/**
 * Keys that change a running test: w and W start 1 and 10 more users, s and S stop 1 and 10. Only when standard input is a
 * terminal that this process may read; the terminal is as before when the run is over, however it ends.
 */
import { readFileSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import type { Runner } from '../../events/index.js';
import { getLogger } from '../../log.js';

const log = getLogger('tsload.main');

/** Users that a key adds. */
const steps: Readonly<Record<string, number>> = { w: 1, W: 10, s: -1, S: -10 };
const keySpawnRate = 100;

/** What one key does to a run. Pure but for the runner. `isShaped`: a shape decides about users. */
export function pressKey(key: string, runner: Pick<Runner, 'state' | 'userCount' | 'start'>, isShaped: boolean): void {
  if (key === '\r' || key === '\n') {
    log.info('there is no web page to open: this version of tsload does not have one yet');
    return;
  }
  const step = steps[key];
  if (step === undefined) return;
  if (isShaped) log.warning('keys are ignored: the load shape decides about the number of users');
  else if (runner.state === 'spawning') log.warning('keys are ignored while users are being started');
  else runner.start(Math.max(0, runner.userCount + step), keySpawnRate);
}

/** A terminal's input, or in tests anything that can be read. */
export interface KeyInput {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  on(event: 'data', listener: (chunk: Buffer | string) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** Control characters that a terminal in raw mode hands over instead of acting on them. */
const controls: Readonly<Record<string, NodeJS.Signals>> = {
  '\u0003': 'SIGINT',
  '\u001a': 'SIGTSTP',
  '\u001c': 'SIGQUIT',
};

/** Listens until the returned function is called. */
export function listenToKeys(input: KeyInput, press: (key: string) => void, raise = raiseSignal): () => void {
  if (input.isTTY !== true) {
    log.debug('standard input is no terminal: keys are not listened to');
    return () => {};
  }
  const heard = (chunk: Buffer | string) => {
    for (const key of chunk.toString()) {
      const signal = controls[key];
      if (signal !== undefined) raise(signal, input);
      else press(key);
    }
  };
  const restore = () => void input.setRawMode?.(false);
  input.setRawMode?.(true);
  input.on('data', heard);
  input.resume();
  process.once('exit', restore);
  return () => {
    process.off('exit', restore);
    input.off('data', heard);
    input.pause();
    restore();
  };
}

/** The terminal's own meaning of Ctrl+C, Ctrl+Z and Ctrl+\. Stopped and continued, the terminal is raw again. */
function raiseSignal(signal: NodeJS.Signals, input: KeyInput): void {
  if (signal !== 'SIGINT') input.setRawMode?.(false);
  if (signal === 'SIGTSTP') process.once('SIGCONT', () => input.setRawMode?.(true));
  process.kill(process.pid, signal);
}

/** Standard input, if reading from it does not stop this process: a job in the background must leave the terminal alone. */
export function terminalInput(stdin: ReadStream): KeyInput {
  return isInBackground() ? { ...closedInput } : stdin;
}

const closedInput: KeyInput = { on: () => {}, off: () => {}, resume: () => {}, pause: () => {} };

function isInBackground(): boolean {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [group, foreground] = [fields[2], fields[5]];
    return foreground !== '-1' && group !== foreground;
  } catch {
    return false; // not Linux: as Locust does it
  }
}
