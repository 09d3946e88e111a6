import { describe, expect, test } from 'vitest';
import { LinkError } from '../../../src/errors.js';
import { readMasterMessage, readWorkerMessage, type WorkerMessage } from '../../../src/link/index.js';
import { asSent } from '../../../src/link/webSocket/messageCodec.js';
import fc from '../../properties.js';
import { health, masterMessages, report, workerMessages } from './samples.js';

/** As a codec gives it back: no typed arrays, no undefined. */
const asRead = (message: unknown): unknown =>
  JSON.parse(
    JSON.stringify(message, (_, value: unknown) =>
      value instanceof Uint16Array || value instanceof Uint32Array || value instanceof Float64Array
        ? Array.from(value)
        : value,
    ),
  );

const sentReport = asSent(report);
const wire = (message: WorkerMessage): object => (message.kind === 'report' ? asSent(message) : message);

describe('readers of messages', () => {
  test.each(workerMessages)('a $kind of a worker is read as it was said', (message) => {
    expect(readWorkerMessage(wire(message))).toEqual(asRead(message));
  });

  test.each(masterMessages)('a $kind of a master is read as it was said', (message) => {
    expect(readMasterMessage(message)).toEqual(asRead(message));
  });

  test('whatever comes gives a message or a LinkError', () => {
    const isSound = (read: (value: unknown) => unknown) => (value: unknown) => {
      try {
        read(value);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(LinkError);
      }
    };
    const kinds = [...workerMessages, ...masterMessages].map(({ kind }) => kind);
    const almost = fc
      .record({ kind: fc.constantFrom(...kinds) })
      .chain((head) => fc.dictionary(fc.string(), fc.anything()).map((rest) => ({ ...rest, ...head })));
    for (const read of [readWorkerMessage, readMasterMessage]) {
      fc.assert(fc.property(fc.oneof(fc.anything(), almost), isSound(read)));
    }
  });

  test('one field of the wrong type, anywhere, is a LinkError and never a message', () => {
    const spoil = (value: unknown, path: readonly (string | number)[], by: unknown): unknown => {
      const [key, ...rest] = path;
      if (key === undefined) return by;
      if (Array.isArray(value)) return value.map((item, at) => (at === key ? spoil(item, rest, by) : item));
      return Object.fromEntries(Object.entries(Object(value)).map(([k, v]) => [k, k === key ? spoil(v, rest, by) : v]));
    };
    const pathsIn = (value: unknown): (string | number)[][] => {
      if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [[]];
      const keys = Array.isArray(value) ? value.map((_, at) => at) : Object.keys(value);
      return [[], ...keys.flatMap((key) => pathsIn(Reflect.get(value, key)).map((path) => [key, ...path]))];
    };
    for (const message of workerMessages.filter(({ kind }) => kind !== 'custom')) {
      const sent = wire(message);
      for (const path of pathsIn(sent).filter((path) => path[0] !== 'data')) {
        expect(() => readWorkerMessage(spoil(sent, path, Symbol.iterator)), path.join('.')).toThrow(LinkError);
      }
    }
  });

  test.each([
    [{ ...sentReport, sequence: 0 }, /sequence must be a number from 1/],
    [{ ...sentReport, userCounts: { A: -1 } }, /A must be a number from 0/],
    [{ ...sentReport, health: { ...health, loopUtilisation: 2 } }, /loopUtilisation must be a number from 0 to 1/],
    [{ kind: 'logs', lines: [{ level: 'x'.repeat(300), text: '' }] }, /level must be a text of at most 256 characters/],
    [{ kind: 'riot' }, /unknown kind "riot"/],
  ])('a bad message is refused with its field', (message, expected) => {
    expect(() => readWorkerMessage(message)).toThrow(expected);
  });
});
