import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { textLimits } from '../../../src/stats/boundedText.js';
import { errorLimits } from '../../../src/stats/errorRecorder.js';
import { maxExceptionKinds } from '../../../src/stats/exceptionTable.js';
import { maxHistoryPoints } from '../../../src/stats/history.js';
import { defaultMaxNames } from '../../../src/stats/index.js';

test('docs/statistics.md states the limits that are in force', () => {
  const page = readFileSync(new URL('../../../docs/statistics.md', import.meta.url), 'utf8');
  const inWords = (number: number) => number.toLocaleString('en-US');
  const rows = [
    `| entries | ${inWords(defaultMaxNames)} (`,
    `| characters of a name, of a request type, of an error | ${inWords(textLimits.error)} each |`,
    `| kinds of errors | ${errorLimits.kindsPerEntry} an entry, ${inWords(errorLimits.kinds)} in all |`,
    `| kinds of errors whose samples are kept | ${inWords(errorLimits.sampledKinds)}, three each, of ${inWords(errorLimits.sampleCharacters)} characters in all |`,
    `| a kept sample | ${textLimits.headers} headers and ${textLimits.line} characters a line; ${inWords(textLimits.body)} `,
    `| kinds of exceptions | ${maxExceptionKinds}, of ${inWords(textLimits.traceback)} characters each |`,
    `| points of the history | ${inWords(maxHistoryPoints)} |`,
  ];
  for (const row of rows) expect(page).toContain(row);
  expect(textLimits.name).toBe(textLimits.error);
  expect(errorLimits.samplesPerKind).toBe(3);
});
