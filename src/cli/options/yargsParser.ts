/**
 * yargs, told of our options: it splits words into options, values and positionals, and lays out the help.
 */
import yargs, { type Argv, type Options } from 'yargs';
import { OptionError } from '../../errors.js';
import type { AnySpec, CommandLine } from './arguments.js';

const parserConfiguration = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'short-option-groups': false,
  'unknown-options-as-args': false,
} as const;

/** A parser that knows these options and prints nothing by itself. */
export function yargsFor(specs: readonly AnySpec[]): Argv {
  const parser = yargs([])
    .locale('en')
    .parserConfiguration(parserConfiguration)
    .version(false)
    .help(false)
    .exitProcess(false)
    .fail((message, error) => {
      throw new OptionError(message ?? error.message);
    });
  for (const spec of specs) parser.option(spec.name, optionFor(spec));
  return parser;
}

/** Every value is a text to yargs; what it means is read from the table, in one way for all sources. */
function optionFor(spec: AnySpec): Options {
  return spec.arity === 'many' ? { array: true, string: true } : { string: true };
}

/** `words` in the form of `normaliseArguments`. */
export function readWithYargs(words: readonly string[], specs: readonly AnySpec[]): CommandLine {
  const parsed = yargsFor(specs).parseSync([...words]);
  const given = new Map<string, readonly string[]>();
  for (const spec of specs) {
    const value = parsed[spec.name];
    if (value === undefined) continue;
    const texts = (Array.isArray(value) ? value : [value]).map(String);
    given.set(spec.name, spec.arity === 'many' ? texts.filter((text) => text !== '') : texts);
  }
  return { given, positionals: parsed._.map(String) };
}
