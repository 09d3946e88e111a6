/**
 * The kinds of values that options take. Pure.
 */
import { type LogLevel, logLevels } from '../../log.js';
import type { ValueKind } from './optionSpec.js';
import { parseTimeSpan } from './timeSpan.js';

export function text(metavar: string): ValueKind<string> {
  return { read: (given) => given, expected: 'a text', example: metavar, metavar, type: 'text' };
}

/** A name or address of a machine; `port`: the option for what some write behind it. */
export function host(port: string): ValueKind<string> {
  return {
    read: (given) => (isHost(given) ? given : undefined),
    expected: `a name or an address alone (the port is ${port})`,
    example: '192.0.2.2',
    metavar: '<host>',
    type: 'text',
  };
}

/** Without scheme, user, port and path. An address of IPv6 may stand in brackets, and name an interface: `fe80::1%eth0`. */
function isHost(text: string): boolean {
  const bracketed = text.includes(':') && !text.startsWith('[') ? `[${text.replace(/%[\w.-]+$/, '')}]` : text;
  return text !== '' && !/[\s/?#@\\]/.test(text) && URL.canParse(`ws://${bracketed}:1`);
}

/** A text that is not empty: a file to write. */
export function filename(metavar = '<filename>'): ValueKind<string> {
  return {
    read: (given) => (given.trim() === '' ? undefined : given),
    expected: 'a file name',
    example: 'out/result',
    metavar,
    type: 'file',
  };
}

export const timeSpan: ValueKind<number> = {
  read: parseTimeSpan,
  expected: 'a time span of whole hours, minutes and seconds',
  example: '300, 300s, 20m, 3h or 1h30m',
  metavar: '<300s|20m|1h30m>',
  type: 'time span',
};

/** A whole number between two bounds. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER, metavar = '<int>'): ValueKind<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return {
    read: (given) => {
      const value = /^[+-]?\d+$/.test(given.trim()) ? Number(given) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    },
    expected: `a whole number ${range}`,
    example: `${Math.max(least, 10)}`,
    metavar,
    type: 'whole number',
  };
}

export const positiveNumber: ValueKind<number> = {
  read: (given) => {
    const value = given.trim() === '' ? Number.NaN : Number(given);
    return value > 0 && Number.isFinite(value) ? value : undefined;
  },
  expected: 'a number above 0',
  example: '10',
  metavar: '<float>',
  type: 'number',
};

export function choice<T extends string>(choices: readonly T[], metavar: string): ValueKind<T> {
  return {
    read: (given) => choices.find((one) => one === given),
    expected: `one of ${choices.join(', ')}`,
    example: choices[0] ?? '',
    metavar,
    type: choices.join(', '),
  };
}

export const logLevel: ValueKind<LogLevel> = {
  ...choice(logLevels, '<level>'),
  read: (given) => logLevels.find((level) => level === given.toUpperCase()),
};

/** How often tasks run in all: `N`, or `N/user` for each user. */
export interface Iterations {
  readonly kind: 'total' | 'perUser';
  readonly count: number;
}

export const iterations: ValueKind<Iterations> = {
  read: (given) => {
    const match = /^([1-9]\d{0,14})(\/user)?$/.exec(given);
    if (match === null) return undefined;
    return { kind: match[2] === undefined ? 'total' : 'perUser', count: Number(match[1]) };
  },
  expected: 'a whole number above 0, alone or followed by /user',
  example: '1000 or 10/user',
  metavar: '<N|N/user>',
  type: 'whole number, or whole number/user',
};

/** A fraction between 0 and 1, its bounds checked later: a wrong one ends with code 1, as in Locust. */
export const fraction: ValueKind<number> = {
  read: (given) => (given.trim() !== '' && Number.isFinite(Number(given)) ? Number(given) : undefined),
  expected: 'a number',
  example: '0.95',
  metavar: '<0..1>',
  type: 'number',
};
