import { describe, expect, test } from 'vitest';
import type { MasterMessage } from '../../../../src/link/index.js';
import { checkSendable } from '../../../../src/link/webSocket/messageCodec.js';

const can = 'plain objects, lists, texts, numbers, dates and bytes can';
const cyclic: { orders: unknown[] } = { orders: [1] };
cyclic.orders.push({ of: cyclic });
const deep = Array.from({ length: 80 }).reduce<unknown>((inner) => [inner], 1);
const wide = Array.from({ length: 400_001 }, () => []);
const throwing = Object.defineProperty({}, 'x', {
  enumerable: true,
  get() {
    throw new TypeError('a getter that throws');
  },
});

describe('what cannot be sent is named with the field that it is in', () => {
  test.each<[string, unknown, string]>([
    ['a symbol', { a: [0, { b: Symbol('b') }] }, 'data.a[1].b is a symbol'],
    ['a large number', { 'my key': 2n ** 80n }, 'data["my key"] is a whole number of more than 64 bits'],
    ['no date', [new Date(Number.NaN)], 'data[0] is a date that is none'],
    ['a cycle', cyclic, 'data.orders[1].of refers to what it is part of'],
    ['depth', deep, 'data[0][0][0][0][0][0][0] does not fit: a message is more than 64 values deep'],
    ['too much', { wide }, 'data.wide does not fit: a message has more than 400000 lists, maps and pieces of bytes'],
    ['a getter', { throwing }, 'data.throwing does not fit: a getter that throws'],
    ['the value itself', Symbol('s'), 'data is a symbol'],
  ])('%s', (_, data, named) => {
    const message: MasterMessage = { kind: 'custom', type: 't', data, nodeId: 'm' };
    expect(() => checkSendable(message)).toThrow(`this cannot be sent: ${named}: ${can}`);
  });

  test('an option of the locustfile', () => {
    const settings = {
      ...{ host: undefined, stopTimeoutSeconds: 0, catchExceptions: true, warmupSeconds: 0, runSeconds: undefined },
      ...{ leaseSeconds: undefined, iterations: undefined, seed: undefined, tags: [], excludeTags: [] },
      customOptions: { shop: 'a', key: Symbol('key') },
    };
    expect(() => checkSendable({ kind: 'testStart', test: 1, startTime: 0, period: 1, settings })).toThrow(
      `this cannot be sent: settings.customOptions.key is a symbol: ${can}`,
    );
  });
});
