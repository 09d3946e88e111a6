/**
 * Turns bytes into plain objects: every field there, with its default value when it was not sent; messages that were not sent
 * are null; enums by name; of a oneof only the member that is set, and its name under the oneof's own.
 *
 * Decoding and most of that is protobufjs's. Added here: 64-bit integers as numbers that are exact or fail, oneofs without the
 * artificial ones of `optional` fields, and readable keys of maps with 64-bit keys.
 */
import type { Field, IConversionOptions, Type } from 'protobufjs';
import { protobuf } from './lazy.js';
import type { Int64Mode } from './service.js';

/** A received 64-bit integer does not fit where the test wants it. */
export class UnsafeInteger extends Error {
  constructor(readonly field: string) {
    super(
      `the 64-bit field ${field} holds a value beyond 2^53, which no number can hold exactly: ` +
        "set static int64 to 'bigint' or 'string'",
    );
  }
}

/** Changes a decoded message in place. */
type Finish = (message: Record<string, unknown>) => void;

export class MessageReader {
  readonly #type: Type;
  readonly #options: IConversionOptions;
  readonly #finish: Finish | undefined;

  constructor(type: Type, int64: Int64Mode) {
    this.#type = type;
    this.#options = { enums: String, defaults: true, arrays: true, objects: true, ...longOption(int64) };
    this.#finish = needsFinish(type, int64, new Set()) ? finisherOf(type, int64, new Map()) : undefined;
  }

  /** Hot: once per received message. Throws on malformed bytes, and `UnsafeInteger`. */
  read(bytes: Uint8Array): unknown {
    const message = this.#type.toObject(this.#type.decode(bytes), this.#options);
    this.#finish?.(message);
    return message;
  }
}

function longOption(int64: Int64Mode): IConversionOptions {
  // the types of protobufjs do not know BigInt yet, its converter does
  if (int64 === 'bigint') return { longs: BigInt as unknown as StringConstructor };
  return int64 === 'string' ? { longs: String } : {};
}

function isLong(type: string): boolean {
  return /64$/.test(type);
}

function isFinished(field: Field, int64: Int64Mode): boolean {
  return (isLong(field.type) && int64 === 'number') || (field instanceof protobuf().MapField && isLong(field.keyType));
}

/** Whether there is anything to do in messages of this type, however deep. */
function needsFinish(type: Type, int64: Int64Mode, seen: Set<Type>): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  if (type.oneofsArray.some((oneof) => !oneof.isProto3Optional)) return true;
  return type.fieldsArray.some((field) => {
    const inner = field.resolve().resolvedType;
    return isFinished(field, int64) || (inner instanceof protobuf().Type && needsFinish(inner, int64, seen));
  });
}

function finisherOf(type: Type, int64: Int64Mode, known: Map<Type, Finish>): Finish {
  const existing = known.get(type);
  if (existing !== undefined) return existing;
  const steps: Finish[] = [];
  const finish: Finish = (message) => {
    for (const step of steps) step(message);
  };
  known.set(type, finish);
  for (const field of type.fieldsArray) steps.push(...fieldSteps(field, int64, known));
  for (const { name, oneof, isProto3Optional } of type.oneofsArray) {
    if (!isProto3Optional) steps.push(oneofStep(name, oneof));
  }
  return finish;
}

function oneofStep(name: string, members: readonly string[]): Finish {
  return (message) => {
    for (const member of members) {
      if (Object.hasOwn(message, member)) message[name] = member;
    }
  };
}

function fieldSteps(field: Field, int64: Int64Mode, known: Map<Type, Finish>): Finish[] {
  const steps: Finish[] = [];
  const { name, resolvedType: inner } = field.resolve();
  if (field instanceof protobuf().MapField && isLong(field.keyType)) steps.push(keysStep(name, field.keyType));
  if (isLong(field.type) && int64 === 'number') steps.push(valuesStep(field, numberFrom(field)));
  if (inner instanceof protobuf().Type && needsFinish(inner, int64, new Set())) {
    const finish = finisherOf(inner, int64, known);
    steps.push(
      valuesStep(field, (value) => {
        if (isRecord(value)) finish(value);
        return value;
      }),
    );
  }
  return steps;
}

/** Applies `change` to the value of a field, or to each of its list or map. */
function valuesStep(field: Field, change: (value: unknown) => unknown): Finish {
  const { name } = field;
  return (message) => {
    const value = message[name];
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) value[i] = change(value[i]);
    else if (field.map && isRecord(value)) for (const key of Object.keys(value)) value[key] = change(value[key]);
    else message[name] = change(value);
  };
}

function numberFrom(field: Field): (value: unknown) => unknown {
  const name = field.fullName.slice(1);
  const { Long } = protobuf().util;
  return (value) => {
    if (!(value instanceof Long)) return value;
    const number = (value.unsigned ? value.high >>> 0 : value.high) * 2 ** 32 + (value.low >>> 0);
    if (!Number.isSafeInteger(number)) throw new UnsafeInteger(name);
    return number;
  };
}

/** protobufjs keys such maps by eight characters that hold the bits. */
function keysStep(name: string, keyType: string): Finish {
  const { LongBits } = protobuf().util;
  const isUnsigned = /^(u|fixed)/.test(keyType);
  return (message) => {
    const map = message[name];
    if (!isRecord(map)) return;
    const keyOf = (hash: string) => LongBits.fromHash(hash).toLong(isUnsigned).toString();
    message[name] = Object.fromEntries(Object.entries(map).map(([hash, value]) => [keyOf(hash), value]));
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
