/**
 * A service ready to be called: its methods with their paths, kinds and codecs. Made once for a class of users and shared by
 * all of them.
 */
import type { Root, Service } from 'protobufjs';
import { TsloadError } from '../../errors.js';
import { protobuf } from './lazy.js';
import { MessageReader } from './messageReader.js';
import { FieldProblem, MessageWriter } from './messageWriter.js';
import { servicesIn } from './protoFile.js';
import { methodName } from './protoNames.js';
import { type CallKind, callKind, type Int64Mode, type ProtoJson } from './service.js';

export interface MethodDefinition {
  /** In camelCase. */
  readonly name: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly kind: CallKind;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  /** Throws `TsloadError` BAD_REQUEST that names method and field. */
  encode(message: unknown): Buffer;
  /** Throws on malformed bytes, and `UnsafeInteger`. */
  decode(bytes: Buffer): unknown;
}

export interface ServiceDefinition {
  /** `package.Service`. */
  readonly name: string;
  readonly methods: ReadonlyMap<string, MethodDefinition>;
}

const cache = new WeakMap<ProtoJson, Map<string, ServiceDefinition>>();

/** `name`: the full name, or the last part of it. Throws `TsloadError` BAD_PROTO naming the services that there are. */
export function serviceDefinition(json: ProtoJson, name: string | undefined, int64: Int64Mode): ServiceDefinition {
  const known = cache.get(json) ?? new Map<string, ServiceDefinition>();
  cache.set(json, known);
  const key = `${int64} ${name ?? ''}`;
  const definition = known.get(key) ?? defined(chosenService(protobuf().Root.fromJSON(json), name), int64);
  known.set(key, definition);
  return definition;
}

function chosenService(root: Root, name: string | undefined): Service {
  const services = servicesIn(root);
  const fits = services.filter((service) => {
    return name === undefined || service.fullName === `.${name}` || service.name === name;
  });
  const [service] = fits;
  if (service !== undefined && fits.length === 1) return service;
  const names = services.map(({ fullName }) => fullName.slice(1)).join(', ') || 'none';
  const problem = name === undefined ? 'set static service to one of them' : `there is ${fits.length || 'no'} ${name}`;
  throw new TsloadError('BAD_PROTO', `the services here are: ${names}; ${problem}`);
}

function defined(service: Service, int64: Int64Mode): ServiceDefinition {
  const name = service.fullName.slice(1);
  const methods = service.methodsArray.map((method) => {
    method.resolve();
    const { resolvedRequestType: request, resolvedResponseType: response } = method;
    if (request === null || response === null) {
      throw new TsloadError('BAD_PROTO', `the method ${name}.${method.name} has a message type that is not declared`);
    }
    const codec = new Codec(
      `${name}.${method.name}`,
      () => MessageWriter.of(request),
      (message) => request.encode(message).finish(),
      () => new MessageReader(response, int64),
    );
    const requestStream = method.requestStream === true;
    const responseStream = method.responseStream === true;
    return {
      name: methodName(method.name),
      path: `/${name}/${method.name}`,
      kind: callKind(requestStream, responseStream),
      requestStream,
      responseStream,
      encode: (message: unknown) => codec.encode(message),
      decode: (bytes: Buffer) => codec.decode(bytes),
    };
  });
  return { name, methods: new Map(methods.map((method) => [method.name, method])) };
}

/** Codecs are compiled by the first message that is sent, before its time begins to run. */
class Codec {
  #writer: MessageWriter | undefined;
  #reader: MessageReader | undefined;

  constructor(
    private readonly method: string,
    private readonly makeWriter: () => MessageWriter,
    private readonly finish: (message: object) => Uint8Array,
    private readonly makeReader: () => MessageReader,
  ) {}

  encode(message: unknown): Buffer {
    this.#writer ??= this.#prepare();
    try {
      const bytes = this.finish(this.#writer.write(message ?? {}));
      return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    } catch (thrown) {
      if (!(thrown instanceof FieldProblem)) throw thrown;
      const place = thrown.path === '' ? '' : `${thrown.path} `;
      throw new TsloadError('BAD_REQUEST', `the message for ${this.method} cannot be sent: ${place}${thrown.message}`);
    }
  }

  decode(bytes: Buffer): unknown {
    this.#reader ??= this.makeReader();
    return this.#reader.read(bytes);
  }

  #prepare(): MessageWriter {
    this.#reader ??= this.makeReader();
    this.#reader.read(Buffer.alloc(0));
    return this.makeWriter();
  }
}
