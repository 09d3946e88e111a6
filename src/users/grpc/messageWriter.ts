/**
 * Turns what a test hands over into bytes, and says what is wrong with it. protobufjs itself drops a field that it does not
 * know and sends 0 for a number that is none: a load test would measure the wrong request and never hear of it.
 *
 * Encoding is protobufjs's. Here is only the check, and what its encoder does not take: names of enum values, bigints.
 */
import type { Enum, Field, Type } from 'protobufjs';
import { protobuf } from './lazy.js';

/** A message cannot be sent as it is written. `path` leads to the field. */
export class FieldProblem extends Error {
  path = '';

  /** This problem, seen from the message or list around it. */
  inside(step: string): this {
    this.path = this.path === '' || this.path.startsWith('[') ? step + this.path : `${step}.${this.path}`;
    return this;
  }
}

/** Gives a value in the form that the encoder takes: the same one where nothing has to change. Throws `FieldProblem`. */
type ValueWriter = (value: unknown) => unknown;

/** Checks and converts messages of one type. */
export class MessageWriter {
  readonly #type: Type;
  readonly #fields = new Map<string, ValueWriter>();
  readonly #required: readonly string[];
  readonly #oneofs: readonly { readonly name: string; readonly members: readonly string[] }[];

  private constructor(type: Type) {
    this.#type = type;
    this.#required = type.fieldsArray.filter((field) => field.required).map((field) => field.name);
    const real = type.oneofsArray.filter((oneof) => !oneof.isProto3Optional);
    this.#oneofs = real.map((oneof) => ({ name: oneof.name, members: oneof.oneof }));
  }

  static readonly #all = new WeakMap<Type, MessageWriter>();

  /** Types may contain themselves: a writer is known before its fields are. */
  static of(type: Type): MessageWriter {
    const known = MessageWriter.#all.get(type);
    if (known !== undefined) return known;
    const writer = new MessageWriter(type);
    MessageWriter.#all.set(type, writer);
    for (const field of type.fieldsArray) writer.#fields.set(field.name, fieldWriter(field));
    return writer;
  }

  /** Hot: once per message; copies only what has to change. */
  write(message: unknown): object {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) {
      throw new FieldProblem(`must be an object with fields of ${nameOf(this.#type)} but is ${shown(message)}`);
    }
    let result: Record<string, unknown> | undefined;
    for (const name of Object.keys(message)) {
      const value: unknown = Reflect.get(message, name);
      const writer = this.#fields.get(name);
      if (writer === undefined) this.#refuse(name);
      else if (value !== undefined && value !== null) {
        const converted = convert(writer, value, name);
        if (converted !== value) {
          result ??= { ...message };
          result[name] = converted;
        }
      }
    }
    if (this.#required.length > 0) this.#checkRequired(message);
    if (this.#oneofs.length > 0) this.#checkOneofs(message);
    return result ?? message;
  }

  /** A oneof's own name is in messages that were received: it says which member is set, and is not sent. */
  #refuse(name: string): void {
    if (this.#type.oneofs?.[name] !== undefined) return;
    const known = [...this.#fields.keys()];
    const list = known.length === 0 ? 'it has none' : `its fields are ${known.slice(0, 30).join(', ')}`;
    const more = known.length > 30 ? ` and ${known.length - 30} more` : '';
    throw new FieldProblem(`there is no field ${JSON.stringify(name)} in ${nameOf(this.#type)}: ${list}${more}`);
  }

  #checkRequired(message: object): void {
    for (const name of this.#required) {
      if (Reflect.get(message, name) == null) throw new FieldProblem(`${nameOf(this.#type)} needs the field ${name}`);
    }
  }

  #checkOneofs(message: object): void {
    for (const { name, members } of this.#oneofs) {
      const set = members.filter((member) => Reflect.get(message, member) != null);
      if (set.length > 1)
        throw new FieldProblem(`only one of ${set.join(', ')} may be set: they are the oneof ${name}`);
    }
  }
}

function convert(writer: ValueWriter, value: unknown, step: string): unknown {
  try {
    return writer(value);
  } catch (thrown) {
    throw thrown instanceof FieldProblem ? thrown.inside(step) : thrown;
  }
}

function fieldWriter(field: Field): ValueWriter {
  field.resolve();
  const single = valueWriter(field);
  if (field instanceof protobuf().MapField) return mapWriter(field.keyType, single);
  return field.repeated ? listWriter(single) : single;
}

function listWriter(single: ValueWriter): ValueWriter {
  return (value) => {
    if (!Array.isArray(value)) throw new FieldProblem(`must be an array but is ${shown(value)}`);
    let result: unknown[] | undefined;
    for (const [index, item] of value.entries()) {
      const converted = convert(single, item, `[${index}]`);
      if (converted !== item) {
        result ??= [...value];
        result[index] = converted;
      }
    }
    return result ?? value;
  };
}

function mapWriter(keyType: string, single: ValueWriter): ValueWriter {
  const checkKey = keyType === 'bool' ? trueOrFalseKey : (scalarWriters[keyType] ?? text);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FieldProblem(`must be an object of ${keyType} keys but is ${shown(value)}`);
    }
    if (value instanceof Map) {
      throw new FieldProblem(`must be an object of ${keyType} keys but is a Map: give Object.fromEntries(map)`);
    }
    let result: Record<string, unknown> | undefined;
    for (const [key, item] of Object.entries(value)) {
      convert(checkKey, key, `[key ${JSON.stringify(key)}]`);
      const converted = convert(single, item, `[${JSON.stringify(key)}]`);
      if (converted !== item) {
        result ??= { ...value };
        result[key] = converted;
      }
    }
    return result ?? value;
  };
}

function valueWriter(field: Field): ValueWriter {
  const { Type, Enum } = protobuf();
  const type = field.resolvedType;
  if (type instanceof Enum) return enumWriter(type);
  if (type instanceof Type) {
    let writer: MessageWriter | undefined;
    return (value) => {
      writer ??= MessageWriter.of(type);
      return writer.write(value);
    };
  }
  return scalarWriters[field.type] ?? ((value) => value);
}

function enumWriter(type: Enum): ValueWriter {
  const numbers = new Map(Object.entries(type.values));
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    const number = typeof value === 'string' ? numbers.get(value) : undefined;
    if (number !== undefined) return number;
    const names = [...numbers.keys()].slice(0, 30).join(', ');
    throw new FieldProblem(`must be a value of the enum ${nameOf(type)} (${names}) but is ${shown(value)}`);
  };
}

const scalarWriters: { readonly [type: string]: ValueWriter | undefined } = {
  int32: wholeNumber(-(2 ** 31), 2 ** 31 - 1),
  sint32: wholeNumber(-(2 ** 31), 2 ** 31 - 1),
  sfixed32: wholeNumber(-(2 ** 31), 2 ** 31 - 1),
  uint32: wholeNumber(0, 2 ** 32 - 1),
  fixed32: wholeNumber(0, 2 ** 32 - 1),
  int64: longNumber(-(2n ** 63n), 2n ** 63n - 1n),
  sint64: longNumber(-(2n ** 63n), 2n ** 63n - 1n),
  sfixed64: longNumber(-(2n ** 63n), 2n ** 63n - 1n),
  uint64: longNumber(0n, 2n ** 64n - 1n),
  fixed64: longNumber(0n, 2n ** 64n - 1n),
  float: realNumber,
  double: realNumber,
  bool: trueOrFalse,
  string: text,
  bytes: bytesWriter,
};

function wholeNumber(least: number, most: number): ValueWriter {
  return (value) => {
    const number = typeof value === 'number' ? value : fromText(value);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new FieldProblem(`must be a whole number from ${least} to ${most} but is ${shown(value)}`);
  };
}

/** The encoder takes numbers and decimal strings, so a bigint is written out. A number must be one that is exact. */
function longNumber(least: bigint, most: bigint): ValueWriter {
  return (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && (value >= 0 || least < 0n)) return value;
    const exact = exactInteger(value);
    if (exact !== undefined && exact >= least && exact <= most) return exact.toString();
    throw new FieldProblem(
      `must be a whole number from ${least} to ${most} (beyond 2^53 as a bigint or a string) but is ${shown(value)}`,
    );
  };
}

function exactInteger(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  const isLong = typeof value === 'object' && value !== null && 'low' in value && 'high' in value;
  const text = typeof value === 'string' || isLong ? String(value) : '';
  return /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
}

function realNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  const number = value === 'NaN' ? Number.NaN : fromText(value);
  if (value === 'NaN' || !Number.isNaN(number)) return number;
  throw new FieldProblem(`must be a number but is ${shown(value)}`);
}

/** Numbers from a CSV file are strings. NaN: no number. */
function fromText(value: unknown): number {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

function trueOrFalse(value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  throw new FieldProblem(`must be true or false but is ${shown(value)}`);
}

function text(value: unknown): unknown {
  if (typeof value === 'string') return value;
  throw new FieldProblem(`must be a string but is ${shown(value)}`);
}

/** Keys of objects are text. */
function trueOrFalseKey(key: unknown): unknown {
  return trueOrFalse(key === 'true' || (key === 'false' ? false : key));
}

function bytesWriter(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) return Buffer.from(value, 'base64');
  if (Array.isArray(value) && value.every(isByte)) return Buffer.from(value);
  throw new FieldProblem(`must be a Buffer, a Uint8Array or base64 text but is ${shown(value)}`);
}

function isByte(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}

function nameOf(type: Type | Enum): string {
  return type.fullName.slice(1);
}

function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'number' || value === undefined) return String(value);
  try {
    const text = JSON.stringify(value) ?? `a ${typeof value}`;
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
  } catch {
    return `a ${typeof value}`;
  }
}
