/** The reflection service for test servers, from the descriptors that proto-loader makes. */
import { fileURLToPath } from 'node:url';
import type * as grpc from '@grpc/grpc-js';
import { fromJSON, loadSync, type PackageDefinition } from '@grpc/proto-loader';
import type { INamespace } from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { libraryProto } from './libraryServer.js';

interface Question {
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly listServices?: string;
}

type Call = grpc.ServerDuplexStream<Question, object>;

/** `onAsk` is called for each conversation; what it returns is awaited before the first answer. */
export function addReflection(
  server: grpc.Server,
  version: 'v1' | 'v1alpha',
  onAsk: (metadata: grpc.Metadata) => unknown = () => undefined,
): void {
  const files = libraryFiles();
  server.addService(reflectionService(version), {
    serverReflectionInfo: (call: Call) => {
      const ready = Promise.resolve(onAsk(call.metadata));
      call.on('data', (question: Question) => {
        void ready.then(() => call.write({ originalRequest: question, ...answerTo(question, files) }));
      });
      call.on('end', () => call.end());
      call.on('error', () => {});
    },
  });
}

function answerTo(question: Question, files: ReadonlyMap<string, Buffer>): object {
  if (question.listServices !== undefined) {
    const names = ['tests.library.Library', 'tests.library.Doors', 'grpc.reflection.v1.ServerReflection'];
    return { listServicesResponse: { service: names.map((name) => ({ name })) } };
  }
  const symbol = question.fileContainingSymbol;
  const isKnown = symbol === 'tests.library.Library' || symbol === 'tests.library.Doors';
  const file = files.get(isKnown ? 'library.proto' : (question.fileByFilename ?? ''));
  if (file === undefined) return { errorResponse: { errorCode: 5, errorMessage: 'not found' } };
  return { fileDescriptorResponse: { fileDescriptorProto: [file] } };
}

/** Each file apart, with its dependencies named, as real servers have them. */
function libraryFiles(): ReadonlyMap<string, Buffer> {
  const includeDirs = [fileURLToPath(new URL('protos', import.meta.url))];
  const all = loadSync(libraryProto, { includeDirs, keepCase: true });
  const files = new Map<string, Buffer>();
  for (const bytes of descriptorsIn(all)) {
    const file = descriptor.FileDescriptorProto.toObject(descriptor.FileDescriptorProto.decode(bytes));
    const name = fileNames.get(String(file['package'])) ?? String(file['name']);
    const named = { ...file, name, dependency: name === 'library.proto' ? [...fileNames.values()].slice(1) : [] };
    const message = descriptor.FileDescriptorProto.fromObject(named);
    files.set(name, Buffer.from(descriptor.FileDescriptorProto.encode(message).finish()));
  }
  return files;
}

const fileNames = new Map([
  ['tests.library', 'library.proto'],
  ['shelf', 'shelf/place.proto'],
  ['google.protobuf', 'google/protobuf/timestamp.proto'],
]);

function descriptorsIn(definition: PackageDefinition): readonly Buffer[] {
  for (const entry of Object.values(definition)) {
    if ('fileDescriptorProtos' in entry && Array.isArray(entry.fileDescriptorProtos)) return entry.fileDescriptorProtos;
  }
  throw new Error('there is no descriptor in library.proto');
}

function reflectionService(version: string): grpc.ServiceDefinition {
  const json: INamespace = { nested: { grpc: { nested: { reflection: { nested: { [version]: reflectionTypes } } } } } };
  const definition = fromJSON(json, { oneofs: true })[`grpc.reflection.${version}.ServerReflection`];
  if (definition === undefined || 'format' in definition) throw new Error('the reflection service is not there');
  return definition;
}

const reflectionTypes: INamespace = {
  nested: {
    ServerReflection: {
      methods: {
        ServerReflectionInfo: {
          requestType: 'Question',
          requestStream: true,
          responseType: 'Answer',
          responseStream: true,
          comment: '',
        },
      },
    },
    Question: {
      oneofs: { messageRequest: { oneof: ['fileByFilename', 'fileContainingSymbol', 'listServices'] } },
      fields: {
        host: { type: 'string', id: 1 },
        fileByFilename: { type: 'string', id: 3 },
        fileContainingSymbol: { type: 'string', id: 4 },
        listServices: { type: 'string', id: 7 },
      },
    },
    Answer: {
      fields: {
        validHost: { type: 'string', id: 1 },
        originalRequest: { type: 'Question', id: 2 },
        fileDescriptorResponse: { type: 'Files', id: 4 },
        listServicesResponse: { type: 'Services', id: 6 },
        errorResponse: { type: 'Problem', id: 7 },
      },
    },
    Files: { fields: { fileDescriptorProto: { rule: 'repeated', type: 'bytes', id: 1 } } },
    Services: { fields: { service: { rule: 'repeated', type: 'Service', id: 1 } } },
    Service: { fields: { name: { type: 'string', id: 1 } } },
    Problem: { fields: { errorCode: { type: 'int32', id: 1 }, errorMessage: { type: 'string', id: 2 } } },
  },
};
