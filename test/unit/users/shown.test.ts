import { expect, test } from 'vitest';
import { shown } from '../../../src/users/shown.js';

test.each([
  ['3', '"3"'],
  [3, '3'],
  [Number.NaN, 'NaN'],
  [undefined, 'undefined'],
  [null, 'null'],
  [{ browse: 3 }, 'an object'],
  [class Basket {}, 'the class Basket'],
  [function browse() {}, 'the function browse'],
  [Symbol('s'), 'Symbol(s)'],
])('%s is shown as %s', (value, text) => {
  expect(shown(value)).toBe(text);
});
