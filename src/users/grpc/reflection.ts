/**
 * Server reflection, v1 and v1alpha: asks a server for a service and for every file that its messages need.
 *
 * One stream for one service; no sample. The two versions differ in the name of the service only.
 */
import { TsloadError } from '../../errors.js';
import type { Caller } from './caller.js';
import { type MethodDefinition, serviceDefinition } from './definition.js';
import { GrpcError } from './grpcError.js';
import { protobuf, protobufDescriptors } from './lazy.js';
import { withFieldNames } from './protoNames.js';
import type { ProtoJson } from './service.js';
import { StreamCall } from './streamCall.js';

/** Seconds that a server gets to answer all questions. */
const timeoutSeconds = 10;
const UNIMPLEMENTED = 12;

const versions = ['v1', 'v1alpha'] as const;

/**
 * The schema that holds `service`, and the service's full name. Without a name: the only service of the server. Throws
 * `TsloadError` BAD_PROTO when the server has no reflection or no such service, and `GrpcError` when it cannot be reached.
 */
export async function reflect(caller: Caller, service: string | undefined): Promise<ReflectedService> {
  for (const version of versions) {
    const conversation = new Conversation(caller, version);
    try {
      return await conversation.ask(service);
    } catch (thrown) {
      if (!(thrown instanceof GrpcError && thrown.code === UNIMPLEMENTED)) throw thrown;
    } finally {
      conversation.end();
    }
  }
  throw new TsloadError(
    'BAD_PROTO',
    `the server at ${caller.url} has no reflection (neither v1 nor v1alpha): give a .proto file instead`,
  );
}

export interface ReflectedService {
  readonly name: string;
  readonly json: ProtoJson;
}

class Conversation {
  readonly #call: StreamCall;

  constructor(
    private readonly caller: Caller,
    version: (typeof versions)[number],
  ) {
    this.#call = new StreamCall(caller, reflectionMethod(version), { record: false, timeoutSeconds });
    this.#call.startWriting(undefined);
  }

  end(): void {
    this.#call.leave();
  }

  async ask(service: string | undefined): Promise<ReflectedService> {
    const name = await this.#fullName(service);
    const files = new Map<string, FileDescriptor>();
    const wanted: object[] = [{ fileContainingSymbol: name }];
    for (let question = wanted.shift(); question !== undefined; question = wanted.shift()) {
      for (const file of filesIn(await this.#answer(question))) {
        if (files.has(file.name)) continue;
        files.set(file.name, file);
        const missing = file.dependency.filter((dependency) => !files.has(dependency));
        wanted.push(...missing.map((fileByFilename) => ({ fileByFilename })));
      }
    }
    return { name, json: schemaOf([...files.values()]) };
  }

  async #fullName(service: string | undefined): Promise<string> {
    if (service?.includes('.')) return service;
    const answer = await this.#answer({ listServices: '' });
    const names = servicesIn(answer).filter((name) => !name.startsWith('grpc.reflection.'));
    const fits = names.filter((name) => service === undefined || name === service || name.endsWith(`.${service}`));
    const [name] = fits;
    if (name !== undefined && fits.length === 1) return name;
    throw new TsloadError(
      'BAD_PROTO',
      `the services of ${this.caller.url} are: ${names.join(', ') || 'none'}; set static service to one of them`,
    );
  }

  /** Throws what the call ended with. */
  async #answer(question: object): Promise<Record<string, unknown>> {
    await this.#call.write(question);
    const { value } = await this.#call.take();
    const answer = recordOf(value);
    const error = recordOf(answer['errorResponse']);
    if (error['errorMessage'] === undefined) return answer;
    throw new TsloadError(
      'BAD_PROTO',
      `the server at ${this.caller.url} does not know ${JSON.stringify(Object.values(question)[0])}: ${error['errorMessage']}`,
    );
  }
}

interface FileDescriptor {
  readonly name: string;
  readonly dependency: readonly string[];
  readonly message: object;
}

function filesIn(answer: Record<string, unknown>): FileDescriptor[] {
  const list = recordOf(answer['fileDescriptorResponse'])['fileDescriptorProto'];
  if (!Array.isArray(list)) return [];
  const { FileDescriptorProto } = protobufDescriptors();
  return list.map((bytes: unknown) => {
    if (!(bytes instanceof Uint8Array)) throw new TsloadError('BAD_PROTO', 'a reflection answer holds no file');
    const message = FileDescriptorProto.decode(bytes);
    const { name, dependency } = FileDescriptorProto.toObject(message, { arrays: true });
    return { name: String(name), dependency: Array.isArray(dependency) ? dependency.map(String) : [], message };
  });
}

function servicesIn(answer: Record<string, unknown>): string[] {
  const list = recordOf(answer['listServicesResponse'])['service'];
  return Array.isArray(list) ? list.map((service: unknown) => String(recordOf(service)['name'])) : [];
}

function schemaOf(files: readonly FileDescriptor[]): ProtoJson {
  const { Root } = protobuf();
  protobufDescriptors(); // adds fromDescriptor
  const set = { file: files.map(({ message }) => message) };
  const fromDescriptor: unknown = Reflect.get(Root, 'fromDescriptor');
  if (typeof fromDescriptor !== 'function') throw new TsloadError('BAD_PROTO', 'descriptors cannot be read');
  const root: unknown = Reflect.apply(fromDescriptor, Root, [set]);
  if (!(root instanceof Root)) throw new TsloadError('BAD_PROTO', 'descriptors cannot be read');
  return withFieldNames({ ...root.toJSON() });
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function reflectionMethod(version: string): MethodDefinition {
  const method = serviceDefinition(reflectionProto(version), undefined, 'number').methods.get('serverReflectionInfo');
  if (method === undefined) throw new TsloadError('BAD_PROTO', 'the reflection service has no method');
  return method;
}

const protos = new Map<string, ProtoJson>();

/** The part of `grpc/reflection/v1/reflection.proto` that is asked and answered here. */
function reflectionProto(version: string): ProtoJson {
  const known = protos.get(version) ?? namespaces(['grpc', 'reflection', version], reflectionTypes);
  protos.set(version, known);
  return known;
}

function namespaces(names: readonly string[], nested: object): ProtoJson {
  return names.reduceRight<ProtoJson>((inner, name) => ({ nested: { [name]: inner } }), { nested });
}

const reflectionTypes = {
  ServerReflection: {
    methods: {
      ServerReflectionInfo: {
        requestType: 'ServerReflectionRequest',
        requestStream: true,
        responseType: 'ServerReflectionResponse',
        responseStream: true,
      },
    },
  },
  ServerReflectionRequest: {
    oneofs: { messageRequest: { oneof: ['fileByFilename', 'fileContainingSymbol', 'listServices'] } },
    fields: {
      fileByFilename: { type: 'string', id: 3 },
      fileContainingSymbol: { type: 'string', id: 4 },
      listServices: { type: 'string', id: 7 },
    },
  },
  ServerReflectionResponse: {
    oneofs: { messageResponse: { oneof: ['fileDescriptorResponse', 'listServicesResponse', 'errorResponse'] } },
    fields: {
      fileDescriptorResponse: { type: 'FileDescriptorResponse', id: 4 },
      listServicesResponse: { type: 'ListServiceResponse', id: 6 },
      errorResponse: { type: 'ErrorResponse', id: 7 },
    },
  },
  FileDescriptorResponse: { fields: { fileDescriptorProto: { rule: 'repeated', type: 'bytes', id: 1 } } },
  ListServiceResponse: { fields: { service: { rule: 'repeated', type: 'ServiceResponse', id: 1 } } },
  ServiceResponse: { fields: { name: { type: 'string', id: 1 } } },
  ErrorResponse: { fields: { errorCode: { type: 'int32', id: 1 }, errorMessage: { type: 'string', id: 2 } } },
};
