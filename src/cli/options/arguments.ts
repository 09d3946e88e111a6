/**
 * From the words of the command line to what was given for each option.
 *
 * First the words are brought into one form (pure): abbreviations of long options become whole ones, `-t10m` becomes
 * `--run-time=10m`, and unknown options are named with the nearest known one. Then yargs' parser reads them.
 */
import { OptionError } from '../../errors.js';
import { closest } from './closest.js';
import type { OptionSpec } from './optionSpec.js';
import { readWords } from './wordParser.js';

export type AnySpec = OptionSpec<unknown>;

/** What one source gives: texts by the option's long name; a bare flag has no text. */
export type GivenTexts = ReadonlyMap<string, readonly string[]>;

export interface CommandLine {
  readonly given: GivenTexts;
  readonly positionals: readonly string[];
}

/** All words must be known, or, before the locustfile has added its own options, those that are not are skipped, or kept. */
export type WhichWords = 'all' | 'known only' | 'unknown too';

/** The error for a name that is no option, or the beginning of several. `place` is put behind the name. */
export function unknownOption(name: string, specs: readonly AnySpec[], place = ''): OptionError {
  const beginning = optionsNamed(name, specs);
  if (beginning.length > 1) {
    const names = beginning.map((spec) => `--${spec.name}`).join(', ');
    return new OptionError(`--${name}${place} could be any of ${names}: write more of it`);
  }
  const offered = specs.filter((spec) => spec.isHidden !== true || spec.refusal === undefined);
  const nearest = closest(
    name,
    offered.map((spec) => spec.name),
  );
  const hint = nearest === undefined ? 'see tsload --help' : `did you mean --${nearest}?`;
  return new OptionError(`there is no option ${name.length === 1 ? '-' : '--'}${name}${place}\n${hint}`);
}

/** The words in one form: `--name=value`, positionals. What follows `--` is left alone. */
export function normaliseArguments(words: readonly string[], specs: readonly AnySpec[], which: WhichWords): string[] {
  const result: string[] = [];
  const places = new PositionalPlaces(which);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') {
      places.reached(words[index + 1]);
      return [...result, ...words.slice(index)];
    }
    if (!isOption(word)) {
      places.reached(word);
      result.push(word);
      continue;
    }
    const found = word.startsWith('--') ? expandLong(word, specs, which) : expandShort(word, specs, which);
    const values = valuesAfter(words, index, found.last);
    result.push(...found.words, ...withValues(found.last, values));
    index += values.length;
    places.passed();
  }
  return result;
}

/** User classes stand together, as argparse wants them: `A -u 3 B` is more often a mistake than meant. */
class PositionalPlaces {
  #state: 'none yet' | 'in them' | 'behind them' = 'none yet';
  constructor(private readonly which: WhichWords) {}

  reached(word: string | undefined): void {
    if (word === undefined) return;
    if (this.#state === 'behind them' && this.which === 'all') {
      throw new OptionError(`user class ${word} stands apart from the others: name all user classes in one place`);
    }
    this.#state = 'in them';
  }
  passed(): void {
    if (this.#state === 'in them') this.#state = 'behind them';
  }
}

function isOption(word: string): boolean {
  return /^-[^-\d.]/.test(word) || /^--./.test(word);
}

interface Expanded {
  /** What is complete already. */
  readonly words: readonly string[];
  /** The option that stands last and whose values may follow; undefined when it has its value, or is unknown. */
  readonly last: AnySpec | undefined;
}

function expandLong(word: string, specs: readonly AnySpec[], which: WhichWords): Expanded {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const meant = optionsNamed(name, specs);
  const spec = meant.length === 1 ? meant[0] : undefined;
  if (spec === undefined) {
    if (which === 'all') throw unknownOption(name, specs);
    return { words: which === 'unknown too' ? [word] : [], last: undefined };
  }
  if (equals >= 0) return { words: [`--${spec.name}${word.slice(equals)}`], last: undefined };
  return { words: [], last: spec };
}

/** `-t1m` is `-t 1m`; flags may be joined: `-lV`. */
function expandShort(word: string, specs: readonly AnySpec[], which: WhichWords): Expanded {
  const spec = specs.find((one) => one.alias === word[1]);
  if (spec === undefined) {
    if (which === 'all') throw new OptionError(`there is no option ${word.slice(0, 2)}\nsee tsload --help`);
    return { words: which === 'unknown too' ? [word] : [], last: undefined };
  }
  const rest = word.slice(2);
  if (rest === '') return { words: [], last: spec };
  if (spec.arity !== 'none') return { words: [`--${spec.name}=${rest}`], last: undefined };
  const more = expandShort(`-${rest}`, specs, which);
  return { words: [`--${spec.name}=true`, ...more.words], last: more.last };
}

function withValues(spec: AnySpec | undefined, values: readonly string[]): readonly string[] {
  if (spec === undefined) return [];
  if (values.length === 0) return [`--${spec.name}=${spec.arity === 'none' ? 'true' : ''}`];
  return values.map((value) => `--${spec.name}=${value}`);
}

/** The values that belong to the option at `index`: none, one, or all up to the next option. */
function valuesAfter(words: readonly string[], index: number, spec: AnySpec | undefined): readonly string[] {
  if (spec === undefined || spec.arity === 'none') return [];
  const rest = words.slice(index + 1);
  const end = rest.findIndex((word) => isOption(word) || word === '--');
  const values = end < 0 ? rest : rest.slice(0, end);
  if (spec.arity === 'many') return values;
  if (values.length === 0) {
    throw new OptionError(`--${spec.name} needs a value: give --${spec.name} ${spec.metavar}`);
  }
  return values.slice(0, 1);
}

/** The option of exactly that name, or all that begin with it. */
export function optionsNamed(name: string, specs: readonly AnySpec[]): readonly AnySpec[] {
  const exact = specs.find((spec) => spec.name === name);
  if (exact !== undefined) return [exact];
  return name === '' ? [] : specs.filter((spec) => spec.name.startsWith(name));
}

/** Reads the command line. */
export function parseArguments(words: readonly string[], specs: readonly AnySpec[], which: WhichWords): CommandLine {
  return readWords(normaliseArguments(words, specs, which), specs);
}
