import { expect, test } from 'vitest';
import { packChecked, unpack } from '../../../../src/link/webSocket/packing.js';

const roundTrip = (value: unknown) => unpack(packChecked(value, () => {}));

test.each([
  Int8Array.of(-1, 2),
  Uint8ClampedArray.of(1, 300),
  Int16Array.of(-2, 300),
  Uint16Array.of(2, 65_535),
  Int32Array.of(-3, 70_000),
  Uint32Array.of(3, 2 ** 32 - 1),
  Float32Array.of(0.5, -2),
  Float64Array.of(1 / 3, 2 ** 53),
])('numbers in a typed array arrive as a list: %o', (numbers) => {
  expect(roundTrip({ deep: [{ numbers }] })).toEqual({ deep: [{ numbers: [...numbers] }] });
});

test('bytes arrive as bytes', () => {
  const bytes = Uint8Array.of(1, 2, 255);
  expect(new Uint8Array(roundTrip(bytes) as Uint8Array)).toEqual(bytes);
  expect(new Uint8Array(roundTrip(Buffer.from(bytes)) as Uint8Array)).toEqual(bytes);
  expect(new Uint8Array(roundTrip(new DataView(bytes.buffer, 1)) as Uint8Array)).toEqual(bytes.slice(1));
});
