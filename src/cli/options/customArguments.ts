/**
 * Options that a locustfile adds in `initCommandLineParser`. They take part in everything: help, environment, files.
 */
import { OptionError } from '../../errors.js';
import type { ArgumentParser, CustomArgument } from '../../events/index.js';
import type { AnySpec } from './arguments.js';
import { flag, type OptionTexts, type ValueKind } from './optionSpec.js';

/** What a custom option says beyond an option of ours. */
export interface CustomSpec extends AnySpec {
  /** Its key in `parsedOptions`. */
  readonly key: string;
  readonly isSecret: boolean;
  readonly isRequired: boolean;
  readonly includeInWebUi: boolean;
}

/** Collects what the listeners add. `taken`: names that are in use already. */
export class CustomArguments implements ArgumentParser {
  readonly #specs: CustomSpec[] = [];

  constructor(private readonly taken: readonly AnySpec[]) {}

  get specs(): readonly CustomSpec[] {
    return this.#specs;
  }

  addArgument(flags: string | readonly string[], options: CustomArgument = {}): void {
    const words = typeof flags === 'string' ? [flags] : [...flags];
    const { name, alias } = namesIn(words);
    const others = [...this.taken, ...this.#specs];
    const clash = others.find((other) => other.name === name || (alias !== undefined && other.alias === alias));
    if (clash !== undefined) {
      throw new OptionError(`custom argument ${words.join(', ')} is taken: --${clash.name} is an option already`);
    }
    this.#specs.push(specOf(name, alias, options));
  }
}

function namesIn(words: readonly string[]): { readonly name: string; readonly alias: string | undefined } {
  const wrong = words.find((word) => !/^(--[A-Za-z0-9][\w-]*|-[A-Za-z])$/.test(word));
  if (wrong !== undefined || words.length === 0) {
    throw new OptionError(`custom argument ${JSON.stringify(wrong ?? '')} must look like --my-argument, or -m`);
  }
  const long = words.find((word) => word.startsWith('--'))?.slice(2);
  const alias = words.find((word) => !word.startsWith('--'))?.slice(1);
  return { name: long ?? alias ?? '', alias };
}

function specOf(name: string, alias: string | undefined, options: CustomArgument): CustomSpec {
  const texts: OptionTexts = {
    name,
    group: 'Custom options',
    help: options.help ?? '',
    ...(alias === undefined ? {} : { alias }),
    ...(options.envVar === undefined ? {} : { plainEnv: options.envVar }),
  };
  return {
    ...valueSpec(texts, options),
    key: name.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    isSecret: options.isSecret === true,
    isRequired: options.isRequired === true,
    includeInWebUi: options.includeInWebUi !== false,
    ...shownDefault(options),
  };
}

function shownDefault({ default: value, isSecret }: CustomArgument): { shownDefault?: string } {
  if (value === undefined || value === '') return {};
  return { shownDefault: isSecret === true ? '********' : typeof value === 'string' ? value : JSON.stringify(value) };
}

function valueSpec(texts: OptionTexts, options: CustomArgument): AnySpec {
  const type = options.type ?? typeOfDefault(options.default);
  if (type === 'boolean') return { ...flag(texts), initial: options.default ?? false };
  const kind = kindOf(type, options.choices, texts.name);
  const one = (text: string, label: string) => {
    const value = kind.read(text);
    if (value !== undefined) return value;
    const shown = options.isSecret === true ? 'something else' : JSON.stringify(text);
    throw new OptionError(`${label} must be ${kind.expected} but is ${shown}`);
  };
  const isMultiple = options.isMultiple === true;
  return {
    ...texts,
    arity: isMultiple ? 'many' : 'one',
    repeats: 'last',
    metavar: kind.metavar,
    type: isMultiple ? `list of ${kind.type}` : kind.type,
    initial: options.default ?? (isMultiple ? [] : undefined),
    read: (given, label) => (isMultiple ? given.map((text) => one(text, label)) : one(given.at(-1) ?? '', label)),
  };
}

type ArgumentType = NonNullable<CustomArgument['type']>;

function typeOfDefault(value: unknown): ArgumentType {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return 'string';
}

function kindOf(
  type: Exclude<ArgumentType, 'boolean'>,
  choices: readonly string[] | undefined,
  name: string,
): ValueKind<string | number> {
  const metavar = choices === undefined ? `<${name}>` : `<${choices.join('|')}>`;
  const isAllowed = (text: string) => choices === undefined || choices.includes(text);
  const read = {
    string: (text: string) => text,
    int: (text: string) => (/^[+-]?\d+$/.test(text.trim()) ? Number(text) : undefined),
    float: (text: string) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  }[type];
  const expected = { string: 'a text', int: 'a whole number', float: 'a number' }[type];
  return {
    read: (text) => (isAllowed(text) ? read(text) : undefined),
    expected: choices === undefined ? expected : `one of ${choices.join(', ')}`,
    example: choices?.[0] ?? '',
    metavar,
    type: { string: 'text', int: 'whole number', float: 'number' }[type],
  };
}
