import { expect, test } from 'vitest';
import { fixedText, floatText, millisecondsText, plainText, utcText } from '../../../src/reports/numbers.js';
import fc from '../../properties.js';

test('any finite number reads back exactly and has no exponent', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      for (const text of [plainText(value), floatText(value)]) {
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        if (Math.abs(value) >= 1e-6 || value === 0) expect(Number(text)).toBe(value + 0);
      }
    }),
  );
});

test('a float always shows a point, a whole number none', () => {
  expect([100, 12.5, 0, 1e21].map(floatText)).toEqual(['100.0', '12.5', '0.0', '1000000000000000000000.0']);
  expect([100, 12.5, 0, 1e21].map(plainText)).toEqual(['100', '12.5', '0', '1000000000000000000000']);
  expect([1e-7, -1.5e-7].map(plainText)).toEqual(['0.0000001', '-0.00000015']);
});

test('what is no number reads 0', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect([plainText(value), floatText(value), millisecondsText(value), fixedText(value, 2)]).toEqual([
      '0',
      '0.0',
      '0',
      '0.00',
    ]);
  }
});

test('milliseconds have up to three decimals and no trailing zeros, so 0.4 does not read 0', () => {
  const texts = [0.4, 12, 12.3456, 100, 1e-7, 0, 3_600_000, 2.1, 2.10049].map(millisecondsText);
  expect(texts).toEqual(['0.4', '12', '12.346', '100', '0', '0', '3600000', '2.1', '2.1']);
});

test('times are UTC with whole seconds, and empty when unknown', () => {
  expect(utcText(1_700_000_000.9)).toBe('2023-11-14T22:13:20Z');
  expect([0, Number.NaN].map(utcText)).toEqual(['', '']);
});
