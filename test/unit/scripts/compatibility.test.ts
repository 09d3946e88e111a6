import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { behaviours } from '../../../scripts/compatibility/behaviours.js';
import { compatibilityPage, untested } from '../../../scripts/compatibility/page.js';
import { numberedTests, numberedTestsIn } from '../../../scripts/compatibility/testNames.js';

const root = new URL('../../../', import.meta.url).pathname;
/** What begins a numbered name, in pieces, so that these lines are not taken for tests themselves. */
const open = '[';

test('docs/compatibility.md is what npm run compatibility writes', () => {
  expect(readFileSync(`${root}docs/compatibility.md`, 'utf8')).toBe(compatibilityPage(behaviours, numberedTests(root)));
});

test('every behaviour of one machine is named by a test', () => {
  expect(untested(behaviours, numberedTests(root))).toEqual([]);
});

test('the behaviours are numbered from 1 to 153 without a gap', () => {
  expect(behaviours.map(({ number }) => number)).toEqual(Array.from({ length: 153 }, (_, i) => i + 1));
});

test.each([
  [`test('${open}7] full history', () => {})`, [7], 'full history'],
  [`test("${open}73] ${open}74] a set's order", () => {})`, [73, 74], "a set's order"],
  [`test.each(rates)('${open}141] rate %s', check)`, [141], 'rate %s'],
  [`test('${open}9] it isn\\'t so', () => {})`, [9], "it isn't so"],
])('in %s the numbers and the name are found', (source, numbers, name) => {
  expect(numberedTestsIn(source, 'test/a.test.ts')).toEqual([{ numbers, name, file: 'test/a.test.ts' }]);
});

test('a behaviour of one machine that no test names is missed; a later or Python-only one is not', () => {
  const list = [
    { number: 1, behaviour: 'a' },
    { number: 2, behaviour: 'b' },
    { number: 3, behaviour: 'c', later: 'page' as const },
    { number: 4, behaviour: 'd', pythonOnly: true as const },
  ];
  expect(untested(list, [{ numbers: [1], name: 'a', file: 'test/a.test.ts' }])).toEqual([2]);
});
