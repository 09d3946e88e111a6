/**
 * What a spawner says to its worker over the pipe that the two share: first one line of JSON, then, perhaps, one command. The
 * end of the pipe says that the spawner is gone. Pure.
 */
import { LinkError } from '../errors.js';

export interface Handover {
  /** Of the order. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What the worker calls itself towards its master, so that its spawner knows which one it is. */
  readonly identity: string;
  /** Once the spawner is gone: milliseconds for an end in good order, until the process is killed. */
  readonly orderlyMillis: number;
}

/** The file descriptor of the pipe, in the worker. Its standard input is empty, as that of any background process. */
export const pipeDescriptor = 3;

/** End in good order, as at SIGTERM. */
export const stopCommand = 'stop';

/** Keys and certificates are a few kilobytes. */
export const maxHandoverCharacters = 1024 * 1024;

const maxOrderlyMillis = 3_600_000;

/** With the end of the line. */
export function writeHandover(handover: Handover): string {
  return `${JSON.stringify(handover)}\n`;
}

/** Throws `LinkError`, which shows nothing of the line: it is secret. */
export function readHandover(line: string): Handover {
  const value = parse(line);
  if (
    typeof value === 'object' &&
    value !== null &&
    'secrets' in value &&
    'identity' in value &&
    'orderlyMillis' in value
  ) {
    const { secrets, identity, orderlyMillis } = value;
    if (
      isTexts(secrets) &&
      isIdentity(identity) &&
      typeof orderlyMillis === 'number' &&
      orderlyMillis >= 0 &&
      orderlyMillis <= maxOrderlyMillis
    ) {
      return { secrets, identity, orderlyMillis };
    }
  }
  throw new LinkError(
    'what this worker was handed by the process that started it is malformed: use the same tsload for both',
  );
}

/** 32 hex digits. */
export function isIdentity(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');
}
