/**
 * Makes the types of a .proto file: `item.d.proto.ts` beside `item.proto`, which TypeScript reads for `import './item.proto'`
 * with `allowArbitraryExtensions`. A wrong field in a locustfile is then a compile error.
 *
 * A message `Book` has two types: `Book` is one that arrives, with every field there; `BookInit` is one to send, where every
 * field may be left out. Field names, 64-bit integers, enums and oneofs are as the run-time gives them.
 */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { TsloadError } from '../errors.js';
import {
  type EnumModel,
  type FieldModel,
  type Int64Mode,
  type MessageModel,
  type ProtoModel,
  protoModel,
  readProto,
  type ServiceModel,
  type ValueType,
} from '../users/index.js';

export interface ProtoTypesOptions {
  /** Where `import` lines of .proto files are looked up, after the importing file's own folder. */
  readonly protoPath?: readonly string[];
  /** What 64-bit integers of received messages are; the user class then has the same without saying so. Default `number`. */
  readonly int64?: Int64Mode;
}

/** The text of the types. Throws `TsloadError` BAD_PROTO. */
export function generateProtoTypes(file: string, options: ProtoTypesOptions = {}): string {
  const proto = readProto([file], options);
  const model = protoModel(proto);
  const [first] = model.services;
  if (first === undefined)
    throw new TsloadError('BAD_PROTO', `${file} declares no service, so there is nothing to call`);
  const int64 = options.int64 ?? 'number';
  return new TypesWriter(model, packageOf(first.fullName), int64).text(basename(file));
}

/** Writes the types beside each file and returns their paths. Throws `TsloadError` BAD_PROTO, and OUTPUT. */
export function writeProtoTypes(files: readonly string[], options: ProtoTypesOptions = {}): string[] {
  return files.map((file) => {
    const text = generateProtoTypes(file, options);
    const path = typesPath(file);
    try {
      writeFileSync(path, text);
    } catch (cause) {
      throw new TsloadError('OUTPUT', `the types ${path} cannot be written: ${String(cause)}`, { cause });
    }
    return path;
  });
}

/** `proto/item.proto` → `proto/item.d.proto.ts`. */
export function typesPath(file: string): string {
  return `${file.replace(/\.proto$/, '')}.d.proto.ts`;
}

/** What 64-bit integers are in types that were made before, by their first line; undefined when they are not ours. */
export function int64OfTypes(text: string): Int64Mode | undefined {
  const line = text.slice(0, text.indexOf('\n'));
  if (!line.includes('tsload proto types')) return undefined;
  return line.includes('--int64 bigint') ? 'bigint' : line.includes('--int64 string') ? 'string' : 'number';
}

function packageOf(fullName: string): string {
  return fullName.split('.').slice(0, -1).join('.');
}

class TypesWriter {
  constructor(
    private readonly model: ProtoModel,
    private readonly ownPackage: string,
    private readonly int64: Int64Mode,
  ) {}

  text(file: string): string {
    const { services, messages, enums } = this.model;
    const option = this.int64 === 'number' ? '' : `--int64 ${this.int64} `;
    const parts = [
      `// Made by \`tsload proto types ${option}${file}\`: make it anew when the .proto changes.`,
      "import type { GrpcMethod, GrpcService } from 'tsload';",
      ...services.map((service) => this.#service(service)),
      ...messages.flatMap((message) => [this.#received(message), this.#sent(message)]),
      ...enums.map((type) => this.#enum(type)),
    ];
    return `${parts.join('\n\n').replace('\n\n', '\n')}\n`;
  }

  #service({ fullName, comment, methods }: ServiceModel): string {
    const lines = methods.map(
      ({ name, comment: about, kind, request, response }) =>
        `${doc(about, '  ')}  readonly ${name}: GrpcMethod<'${kind}', ${this.#name(request)}Init, ${this.#name(response)}>;`,
    );
    const body = lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n}`;
    return `${doc(comment)}export declare const ${lastPart(fullName)}: GrpcService<${body}>;`;
  }

  #received(message: MessageModel): string {
    const fields = message.fields.map((field) => this.#receivedField(field));
    const oneofs = message.oneofs.map(({ name, members }) => {
      return `  /** Which of them was sent. */\n  readonly ${name}?: ${members.map(quoted).join(' | ')};`;
    });
    return this.#interface(this.#name(message.fullName), message.comment, [...fields, ...oneofs]);
  }

  #receivedField({ name, comment, value, shape, presence }: FieldModel): string {
    const type = shaped(this.#receivedValue(value), shape);
    const optional = presence === 'absent' ? '?' : '';
    const nothing = presence === 'null' && shape === 'single' ? ' | null' : '';
    return `${doc(comment, '  ')}  readonly ${name}${optional}: ${type}${nothing};`;
  }

  #sent(message: MessageModel): string {
    const fields = message.fields.map(({ name, value, shape, presence }) => {
      const type = shaped(this.#sentValue(value), shape);
      return presence === 'required'
        ? `  readonly ${name}: ${type};`
        : `  readonly ${name}?: ${type} | null | undefined;`;
    });
    const oneofs = message.oneofs.map(({ name, members }) => {
      return `  readonly ${name}?: ${members.map(quoted).join(' | ')} | undefined;`;
    });
    const name = this.#name(message.fullName);
    return this.#interface(`${name}Init`, `{@link ${name}}, to be sent.`, [...fields, ...oneofs]);
  }

  #interface(name: string, comment: string | undefined, lines: readonly string[]): string {
    if (lines.length === 0) return `${doc(comment)}export type ${name} = Readonly<Record<string, never>>;`;
    return `${doc(comment)}export interface ${name} {\n${lines.join('\n')}\n}`;
  }

  #enum({ fullName, comment, values }: EnumModel): string {
    return `${doc(comment)}export type ${this.#name(fullName)} = ${values.map(quoted).join(' | ')};`;
  }

  #receivedValue(value: ValueType): string {
    if (value.kind !== 'scalar') return this.#name(value.fullName);
    return isLong(value.name) ? this.int64 : (scalars[value.name] ?? 'unknown');
  }

  #sentValue(value: ValueType): string {
    if (value.kind !== 'scalar') {
      const name = this.#name(value.fullName);
      return value.kind === 'message' ? `${name}Init` : `${name} | number`;
    }
    if (isLong(value.name)) return 'number | bigint | string';
    return value.name === 'bytes' ? 'Uint8Array | string' : (scalars[value.name] ?? 'unknown');
  }

  /** Messages of the file's own package by their name alone, others with their package: `google_protobuf_Timestamp`. */
  #name(fullName: string): string {
    const own = this.ownPackage !== '' && fullName.startsWith(`${this.ownPackage}.`);
    return (own ? fullName.slice(this.ownPackage.length + 1) : fullName).replaceAll('.', '_');
  }
}

const scalars: { readonly [type: string]: string } = {
  double: 'number',
  float: 'number',
  int32: 'number',
  sint32: 'number',
  sfixed32: 'number',
  uint32: 'number',
  fixed32: 'number',
  bool: 'boolean',
  string: 'string',
  bytes: 'Uint8Array',
};

function isLong(type: string): boolean {
  return type.endsWith('64');
}

function shaped(type: string, shape: FieldModel['shape']): string {
  if (shape === 'map') return `{ readonly [key: string]: ${type} }`;
  if (shape === 'list') return `readonly ${type.includes(' ') ? `(${type})` : type}[]`;
  return type;
}

function quoted(name: string): string {
  return `'${name}'`;
}

function lastPart(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

function doc(comment: string | undefined, indent = ''): string {
  if (comment === undefined) return '';
  const lines = comment.replaceAll('*/', '*\\/').split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}
