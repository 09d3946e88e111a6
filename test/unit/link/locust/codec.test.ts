import { Unpackr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { LinkError } from '../../../../src/errors.js';
import { packEnvelope, readEnvelope } from '../../../../src/link/locust/envelope.js';
import { fromWire } from '../../../../src/link/locust/values.js';
import fc from '../../../properties.js';

/** Bytes as msgpack says them, for what Locust's own process sent. */
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function packed(data: unknown): Buffer {
  return packEnvelope({ type: 't', data, nodeId: 'n' });
}

/** The data after it went over the wire. */
function crossed(data: unknown): unknown {
  return readEnvelope(packed(data)).data;
}

describe('messages of Locust', () => {
  test('are byte for byte what Locust sends', () => {
    expect(packEnvelope({ type: 'spawning', data: null, nodeId: 'vm_1' })).toEqual(
      bytes('93 a8737061776e696e67 c0 a4766d5f31'),
    );
    const heartbeat = { state: 'ready', current_cpu_usage: 0.5, current_memory_usage: 0 };
    expect(packEnvelope({ type: 'heartbeat', data: heartbeat, nodeId: 'vm_1' })).toEqual(
      bytes(
        '93 a9686561727462656174 83 a57374617465 a57265616479 b163757272656e745f6370755f7573616765 cb3fe0000000000000' +
          'b463757272656e745f6d656d6f72795f7573616765 00 a4766d5f31',
      ),
    );
  });

  test('a date is the map that Python makes of one', () => {
    const date = new Date('2020-01-02T03:04:05.678Z');
    const wire = bytes(
      '82 ac5f5f6461746574696d655f5f c3 a661735f737472 b832303230303130325430333a30343a30352e363738303030',
    );
    expect(packed(date)).toEqual(Buffer.concat([bytes('93 a174'), wire, bytes('a16e')]));
    expect(fromWire(crossed(date))).toEqual(date);
    const micros = bytes(
      '93 a174 82 ac5f5f6461746574696d655f5f c3 a661735f737472 b832303230303130325430333a30343a30352e363738393031 a16e',
    );
    expect(fromWire(readEnvelope(micros).data)).toEqual(date);
  });

  test('whole numbers are whole on the wire whatever their size', () => {
    for (const number of [
      0,
      -1,
      127,
      128,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      -(2 ** 31),
      -(2 ** 31) - 1,
      -3e9,
      2 ** 53 - 1,
    ]) {
      const wire = packed(number);
      expect(wire[3], String(number)).not.toBe(0xcb);
      expect(readEnvelope(wire).data).toBe(number);
      const keyed = packed(new Map([[number, 1]]));
      expect([...(crossed(new Map([[number, 1]])) as Map<unknown, unknown>).keys()]).toEqual([number]);
      expect(keyed.includes(0xcb)).toBe(false);
    }
  });

  test('what JSON can say crosses both ways unchanged', () => {
    const text = fc.string({ unit: 'grapheme' });
    const value = fc.json({ stringUnit: 'grapheme' }).map((json): unknown => JSON.parse(json.replaceAll('-0', '0')));
    fc.assert(
      fc.property(text, value, text, (type, data, nodeId) => {
        fc.pre(type.length <= 256 && nodeId.length <= 256);
        const read = readEnvelope(packEnvelope({ type, data, nodeId }));
        expect({ ...read, data: fromWire(read.data) }).toEqual({ type, data, nodeId });
      }),
    );
  });

  test('any bytes are a message or a LinkError', () => {
    const heads = fc.constantFrom([0x93, 0xa1, 0x74], [0x93, 0xa1, 0x74, 0xde, 0xff], [0x93], []);
    fc.assert(
      fc.property(heads, fc.uint8Array({ maxLength: 60 }), (head, rest) => {
        try {
          const { type, nodeId } = readEnvelope(Uint8Array.from([...head, ...rest]));
          expect([typeof type, typeof nodeId]).toEqual(['string', 'string']);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(LinkError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a message that is cut anywhere is refused', () => {
    const whole = packed({ a: [1, 'two', { three: 4.5 }], b: null });
    for (let length = 0; length < whole.length; length++) {
      expect(() => readEnvelope(whole.subarray(0, length)), String(length)).toThrow(LinkError);
    }
    expect(() => readEnvelope(Buffer.concat([whole, bytes('c0')]))).toThrow('1 bytes after its end');
  });

  test('five bytes that promise four thousand million items take no memory', () => {
    const before = process.memoryUsage().rss;
    for (const hex of ['93 a174 dd ffffffff', '93 a174 df ffffffff', '93 a174 db ffffffff', 'dd ffffffff']) {
      expect(() => readEnvelope(bytes(hex))).toThrow(LinkError);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test('text in the old form of msgpack is text', () => {
    expect(readEnvelope(bytes('93 da0001 74 da0002 6162 a16e'))).toEqual({ type: 't', data: 'ab', nodeId: 'n' });
  });
});

test('more values than any report has are refused before they are made', () => {
  const values = Buffer.alloc(10_000_001, 0xc0);
  const list = Buffer.concat([
    Buffer.from([0x93, 0xa1, 0x78, 0xdd, 0, 0x98, 0x96, 0x81]),
    values,
    Buffer.from([0xa1, 0x61]),
  ]);
  expect(() => readEnvelope(list)).toThrow('a message has more than 10000000 values');
});

/** Python's msgpack ends the loop of a Locust master with each of these. */
describe('what a Locust master cannot unpack never leaves', () => {
  test('half a surrogate pair becomes a replacement character, in names and keys too', () => {
    for (const text of ['\ud83d', 'a\udc00b', `${'x'.repeat(80)}\ud800`, '😀'.slice(0, 1)]) {
      const wire = packed(new Map([[text, text]]));
      expect(wire.toString('latin1')).not.toMatch(/\xed[\xa0-\xbf]/);
      const found = [...(crossed(new Map([[text, text]])) as Map<string, string>)][0];
      const whole = Buffer.from(text).toString();
      expect(found).toEqual([whole, whole]);
    }
    expect(crossed('😀')).toBe('😀');
    expect(readEnvelope(packEnvelope({ type: 'a\ud83d', data: null, nodeId: 'x' })).type).toBe('a\ufffd');
  });

  test('a key that is no text or number is refused', () => {
    for (const key of [{}, [], new Date(), new Uint8Array(1)]) {
      expect(() => packed({ deep: [new Map([[key, 1]])] })).toThrow('must have texts or numbers as keys');
    }
  });

  test('a key by which Locust knows its own types is refused', () => {
    expect(() => packed({ __datetime__: true })).toThrow("cannot have the key __datetime__: it is Locust's own");
    expect(() => packed([{ __ObjectId__: 1 }])).toThrow(LinkError);
    expect(() => packed(new Map([['__datetime__', true]]))).toThrow(LinkError);
  });

  test('a date without a year that Python knows is refused', () => {
    for (const date of [
      new Date(Number.NaN),
      new Date(8.64e15),
      new Date(-8.64e15),
      new Date('0000-06-01T00:00:00Z'),
    ]) {
      expect(() => packed({ date })).toThrow('one of the years 1 to 9999');
    }
    expect(() => packed(new Date('0001-01-01T00:00:00Z'))).not.toThrow();
  });

  test('numbers beyond 64 bits, and values that contain themselves, are refused in a sentence', () => {
    expect(() => packed(2n ** 64n)).toThrow('18446744073709551616 has more than 64 bits');
    expect(() => packed(-(2n ** 63n) - 1n)).toThrow(LinkError);
    const self: unknown[] = [];
    self.push(self);
    expect(() => packed(self)).toThrow('more than 60 values within each other');
  });

  test('what is left has no kind of msgpack that Locust does not know', () => {
    const odd = [
      undefined,
      () => 1,
      Symbol('s'),
      new Set([1, 2]),
      new Map([[1, 2]]),
      /x/,
      new Error('e'),
      Buffer.from('b'),
    ];
    const wire = packed(odd);
    const read: unknown = new Unpackr({ useRecords: false, mapsAsObjects: false }).unpack(wire);
    expect(read).toEqual([
      't',
      [null, null, null, [1, 2], new Map([[1, 2]]), new Map(), new Map(), Buffer.from('b')],
      'n',
    ]);
  });
});
