/** Times and sizes of a link unless set otherwise; see `LinkLimits`. */
import type { LinkLimits } from './options.js';

const mebibyte = 1024 * 1024;

const common = {
  handshakeMillis: 10_000,
  closeMillis: 5_000,
  maxPauseMillis: 2_000,
  maxFrameBytes: 32 * mebibyte,
  maxBufferedBytes: mebibyte,
  maxStrangers: 1_000,
};

/** A worker keeps what its grace brings together; it has one master, and the master a thousand workers. */
export const workerLimits: LinkLimits = { ...common, silenceMillis: 5_000, maxKeptBytes: 128 * mebibyte };

/** Twice as patient as a worker, which is the one that can connect anew. */
export const masterLimits: LinkLimits = { ...common, silenceMillis: 10_000, maxKeptBytes: 32 * mebibyte };

/** Milliseconds between two looks at the clock: a worker's heartbeat, and finer than that where a test has short times. */
export function tickMillis({ silenceMillis }: LinkLimits): number {
  return Math.max(1, Math.min(1_000, silenceMillis / 5));
}
