/**
 * yargs' own parser, told of our options. Alone, without the rest of yargs: that takes longer to load than Node to start, and
 * only `--help` needs it.
 */
import parse from 'yargs-parser';
import type { AnySpec, CommandLine } from './arguments.js';

const configuration = {
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

/** `words` in the form of `normaliseArguments`. Every value is a text here: what it means, the table says for all sources. */
export function readWords(words: readonly string[], specs: readonly AnySpec[]): CommandLine {
  const lists = specs.filter((spec) => spec.arity === 'many').map((spec) => spec.name);
  const texts = specs.filter((spec) => spec.arity !== 'many').map((spec) => spec.name);
  const parsed = parse([...words], { string: [...texts, ...lists], array: lists, configuration });
  const given = new Map<string, readonly string[]>();
  for (const spec of specs) {
    const value: unknown = parsed[spec.name];
    if (value === undefined) continue;
    const all = (Array.isArray(value) ? value : [value]).map(String);
    given.set(spec.name, spec.arity === 'many' ? all.filter((text) => text !== '') : all);
  }
  return { given, positionals: parsed._.map(String) };
}
