import { expect, test } from 'vitest';
import { tracebackOf } from '../../src/traceback.js';

const thrown = (...frames: readonly string[]) =>
  Object.assign(new Error('no'), { stack: ['Error: no', ...frames.map((frame) => `    at ${frame}`)].join('\n') });

test('a class with decorators has its own name in a traceback, not that of the build', () => {
  const frames = [
    '_Bad.thrower (/shop/bad.ts:5:33)',
    'async _Bad.run (/shop/bad.ts:9:1)',
    'new _Bad (/shop/bad.ts:2:1)',
  ];
  const expected = [
    'Bad.thrower (/shop/bad.ts:5:33)',
    'async Bad.run (/shop/bad.ts:9:1)',
    'new Bad (/shop/bad.ts:2:1)',
  ];
  expect(tracebackOf(thrown(...frames))).toBe(thrown(...expected).stack);
});

test('functions, and files, whose names begin with an underscore keep them', () => {
  const error = thrown('_helper (/shop/_Bad.ts:5:33)', '/shop/_Bad.ts:1:1', 'shop._Buy (/shop/a.ts:1:1)');
  expect(tracebackOf(error)).toBe(error.stack);
});
