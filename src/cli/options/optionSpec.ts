/**
 * One option as data: names, value, help. The table of all of them is in optionTable.ts; parsing, environment variables,
 * configuration files, `--help` and docs/options.md are all read from it.
 */
import { OptionError } from '../../errors.js';

export const optionGroups = [
  'Common options',
  'Web UI options',
  'Master options',
  'Worker options',
  'Cluster options',
  'Tag options',
  'Request statistics options',
  'Logging options',
  'Other options',
] as const;
export type OptionGroup = (typeof optionGroups)[number] | 'Custom options';

/** How a value is written, and how it is read. `read` gives undefined for what it cannot take. */
export interface ValueKind<T> {
  readonly read: (text: string) => T | undefined;
  /** Completes "must be …": `a number above 0`. */
  readonly expected: string;
  /** A value that could be given. */
  readonly example: string;
  /** Shown in help: `<seconds>`. */
  readonly metavar: string;
  /** For the tables: `number`, `time span`. */
  readonly type: string;
}

export interface OptionTexts {
  /** Long name without dashes; also the key in configuration files. */
  readonly name: string;
  /** One letter. */
  readonly alias?: string;
  /** Environment variable without its prefix: `RUN_TIME` is read as `TSLOAD_RUN_TIME`, then `LOCUST_RUN_TIME`. */
  readonly env?: string;
  /** False: Locust has no such variable, or no such option. Default true. */
  readonly isLocustEnv?: boolean;
  /** Complete name of a variable: for custom options. */
  readonly plainEnv?: string;
  readonly group: OptionGroup;
  readonly help: string;
  /** Locust's name of the option where it is not the same; `null` when Locust has none. */
  readonly locust?: string | null;
  readonly isHidden?: boolean;
  /** A locustfile does not see it among the parsed options. */
  readonly isSecret?: boolean;
}

export interface OptionSpec<T> extends OptionTexts {
  /** How many values follow: none (a flag), one, or all up to the next option. */
  readonly arity: 'none' | 'one' | 'many';
  /** Given twice: the last counts, or all do. */
  readonly repeats: 'last' | 'all';
  readonly metavar: string;
  readonly type: string;
  /** Value when no source gives one. */
  readonly initial: T;
  /** Shown as default in help; undefined shows none. */
  readonly shownDefault?: string;
  /** Reads what was given. `label`: where it was given, for the message. Throws `OptionError`. */
  readonly read: (texts: readonly string[], label: string) => T;
  /** Set when the option exists only to be refused: the sentence why. */
  readonly refusal?: string;
}

export const trueTexts: readonly string[] = ['true', 'yes', 'on', '1'];
export const falseTexts: readonly string[] = ['false', 'no', 'off', '0'];

/** An option without a value. In the environment and in files: true, yes, on, 1, or false, no, off, 0. */
export function flag(texts: OptionTexts): OptionSpec<boolean> {
  const read = (given: readonly string[], label: string): boolean => {
    const text = given.at(-1)?.toLowerCase();
    if (text === undefined || trueTexts.includes(text)) return true;
    if (falseTexts.includes(text)) return false;
    throw new OptionError(`${label} must be true or false but is ${JSON.stringify(given.at(-1))}`);
  };
  return { ...texts, arity: 'none', repeats: 'last', metavar: '', type: 'flag', initial: false, read };
}

/** An option with one value; without it `undefined`. */
export function optional<T>(kind: ValueKind<T>, texts: OptionTexts): OptionSpec<T | undefined> {
  return { ...one(kind, texts), initial: undefined };
}

/** An option with one value and a default. */
export function withDefault<T>(
  kind: ValueKind<T>,
  initial: T,
  shownDefault: string,
  texts: OptionTexts,
): OptionSpec<T> {
  return { ...one(kind, texts), initial, shownDefault };
}

function one<T>(kind: ValueKind<T>, texts: OptionTexts) {
  const { metavar, type } = kind;
  const read = (given: readonly string[], label: string): T => readOne(kind, given.at(-1) ?? '', label);
  return { ...texts, arity: 'one', repeats: 'last', metavar, type, read } as const;
}

/** An option that may be given several times; all its values count. */
export function repeated<T>(kind: ValueKind<T>, texts: OptionTexts): OptionSpec<readonly T[]> {
  return { ...several(kind, texts), arity: 'one', repeats: 'all' };
}

/** An option that takes all values up to the next option. */
export function many<T>(kind: ValueKind<T>, texts: OptionTexts): OptionSpec<readonly T[]> {
  return { ...several(kind, texts), arity: 'many', repeats: 'last' };
}

function several<T>(kind: ValueKind<T>, texts: OptionTexts) {
  const { metavar, type } = kind;
  const read = (given: readonly string[], label: string): readonly T[] =>
    given.map((text) => readOne(kind, text, label));
  const initial: readonly T[] = [];
  return { ...texts, metavar, type: `list of ${type}`, initial, read };
}

function readOne<T>(kind: ValueKind<T>, text: string, label: string): T {
  const value = kind.read(text);
  if (value !== undefined) return value;
  throw new OptionError(
    `${label} must be ${kind.expected} but is ${JSON.stringify(text)}: give for example ${kind.example}`,
  );
}

/** An option that is refused, with the reason: of later work, or removed. A flag that is given as false is let pass. */
export function refused(
  arity: OptionSpec<undefined>['arity'],
  reason: string,
  texts: OptionTexts,
): OptionSpec<undefined> {
  const read = (given: readonly string[], label: string): undefined => {
    const isOff = arity === 'none' && falseTexts.includes(given.at(-1)?.toLowerCase() ?? '');
    if (!isOff) throw new OptionError(`${label} ${reason}`);
    return undefined;
  };
  const metavar = arity === 'none' ? '' : '<value>';
  return {
    ...texts,
    arity,
    repeats: 'last',
    metavar,
    type: '',
    initial: undefined,
    read,
    refusal: reason,
    isHidden: true,
  };
}
