/**
 * What the stall watch and its thread share.
 */

/** Milliseconds between two signs of life of the main thread. */
export const tickMillis = 250;

/** Places in the shared memory. */
export const Cell = {
  /** Counts up with every sign of life. */
  ticks: 0,
  /** 1: a debugger is attached, and it may stop the main thread as long as it likes. */
  isDebugged: 1,
} as const;

/** Under this key of `globalThis` the thread finds the hooks. */
export const stallHooksKey: unique symbol = Symbol.for('tsload.stall');

export interface StallHooks {
  /** User class of a `this`; empty when it belongs to no user. */
  userClassOf(self: unknown): string;
  /** `file:line:column` in the user's own source. Line and column from 0. */
  placeOf(url: string, line: number, column: number): string;
  /** The code that runs is about to be broken off. Returns whether the process will survive it. */
  prepare(message: string): boolean;
}

/** Where frozen code was found. */
export interface StallPlace {
  readonly userClass: string;
  readonly functionName: string;
  /** `file:line:column` in the user's own source; empty when only foreign code was seen. */
  readonly where: string;
}

/** What was found, in words. Pure. */
export function describeStall(seconds: number, { userClass, functionName, where }: StallPlace): string {
  const task = functionName === '' ? 'code' : functionName;
  const who = userClass === '' ? task : `${task} of ${userClass}`;
  const at = where === '' ? '' : ` at ${where}`;
  return `${who}${at} has kept the process busy for ${seconds} s without a pause, so nothing else could run`;
}

/** How it ends: the sentence goes on. */
export const stallEnds = {
  brokenOff: 'it is broken off and the test ends; await something in every loop',
  hopeless:
    'it cannot be broken off, so the process ends now, and files keep what was written; await something in every loop',
} as const;
