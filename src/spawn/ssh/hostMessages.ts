/**
 * What the two ends of an ssh connection say to each other, a line of JSON each. Both ends are the same version of tsload, so
 * there is no version in here; what the host says is read with care all the same. Pure.
 */
import { LinkError } from '../../errors.js';
import { isIdentity } from '../handover.js';
import type { ProcessEnd } from '../spawner.js';

/** Stands before each line of the host: its shell may print greetings of its own. */
export const marker = 'tsload-spawn ';

/** From this machine to the host: the first three once and in this order, the second only when it was asked for. */
export type ToHost =
  | { readonly kind: 'hello'; readonly version: string }
  /** So many bytes follow the line. */
  | { readonly kind: 'archive'; readonly bytes: number }
  | {
      readonly kind: 'order';
      /** -1: one for each core. */
      readonly workers: number;
      /** Stands in for tsload in tests; null: tsload. */
      readonly program: string | null;
      readonly masterHost: string;
      readonly masterPort: number;
      readonly words: readonly string[];
      readonly secrets: Readonly<Record<string, string>>;
      /** Seconds without a word from this side after which the host ends its workers. */
      readonly lostSeconds: number;
      /** Seconds that they have for an end in good order then. */
      readonly orphanedSeconds: number;
    }
  | { readonly kind: 'alive' }
  | { readonly kind: 'stop'; readonly graceSeconds: number };

export interface StartedWorker {
  readonly pid: number;
  readonly identity: string;
}

/** From the host. Its shell says the first two, when there is no Node that could say more. */
export type FromHost =
  | { readonly kind: 'noNode' }
  | { readonly kind: 'oldNode'; readonly version: string }
  | { readonly kind: 'ready'; readonly hasTsload: boolean }
  /** One entry a worker, by its number. */
  | { readonly kind: 'started'; readonly workers: readonly StartedWorker[] }
  | { readonly kind: 'line'; readonly worker: number; readonly text: string }
  | { readonly kind: 'ended'; readonly worker: number; readonly end: ProcessEnd }
  | { readonly kind: 'failed'; readonly reason: string };

/** Undefined for lines that are none of ours. Throws `LinkError` for a line that is, and says nothing that can be understood. */
export function readFromHost(line: string): FromHost | undefined {
  if (!line.startsWith(marker)) return undefined;
  const message = check(parsed(line.slice(marker.length)));
  if (message !== undefined) return message;
  throw new LinkError(`a host said ${JSON.stringify(line.slice(0, 200))}, which tsload does not understand`);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function check(fields: Readonly<Record<string, unknown>>): FromHost | undefined {
  const { kind, version, hasTsload, workers, worker, text, end, reason } = fields;
  switch (kind) {
    case 'noNode':
      return { kind };
    case 'oldNode':
      return typeof version === 'string' ? { kind, version } : undefined;
    case 'ready':
      return typeof hasTsload === 'boolean' ? { kind, hasTsload } : undefined;
    case 'started':
      return Array.isArray(workers) && workers.every(isStarted) ? { kind, workers } : undefined;
    case 'line':
      return isWhole(worker) && typeof text === 'string' ? { kind, worker, text } : undefined;
    case 'ended':
      return isWhole(worker) && isEnd(end) ? { kind, worker, end } : undefined;
    case 'failed':
      return typeof reason === 'string' ? { kind, reason } : undefined;
    default:
      return undefined;
  }
}

function isStarted(value: unknown): value is StartedWorker {
  return isRecord(value) && isWhole(value['pid']) && isIdentity(value['identity']);
}

function isEnd(value: unknown): value is ProcessEnd {
  if (!isRecord(value)) return false;
  const { code, signal, problem } = value;
  const isText = signal === null || typeof signal === 'string';
  return (code === null || isWhole(code)) && isText && (problem === undefined || typeof problem === 'string');
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
