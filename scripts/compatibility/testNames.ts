/** Finds the tests whose names begin with numbers in brackets: `[73] [74] a sequence …`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

export interface NumberedTest {
  readonly numbers: readonly number[];
  /** Without the numbers. */
  readonly name: string;
  /** From the project's root, with slashes. */
  readonly file: string;
}

/** A string in any quotes that begins with `[n]`; the name ends at the closing quote. */
const numberedString = /(['"`])((?:\[\d+\] ?)+)((?:\\.|(?!\1).)*)\1/g;

export function numberedTests(root: string): NumberedTest[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .flatMap((name) => {
      const file = `test/${name.split(sep).join('/')}`;
      return numberedTestsIn(readFileSync(join(root, file), 'utf8'), file);
    });
}

export function numberedTestsIn(source: string, file: string): NumberedTest[] {
  return [...source.matchAll(numberedString)].map(([, , numbers = '', name = '']) => ({
    numbers: [...numbers.matchAll(/\d+/g)].map(Number),
    name: name.trim().replaceAll(/\\(.)/g, '$1'),
    file,
  }));
}
