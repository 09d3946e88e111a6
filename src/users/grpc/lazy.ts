/**
 * The heavy packages, loaded before the first test with a GrpcUser class: a locustfile with other users never pays for them.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

type GrpcJs = typeof import('@grpc/grpc-js');
type Protobuf = typeof import('protobufjs');
type Descriptors = typeof import('protobufjs/ext/descriptor/index.js');

let loadedGrpcJs: GrpcJs | undefined;
let loadedProtobuf: Protobuf | undefined;

export function grpcJs(): GrpcJs {
  loadedGrpcJs ??= load<GrpcJs>('@grpc/grpc-js');
  return loadedGrpcJs;
}

export function protobuf(): Protobuf {
  loadedProtobuf ??= load<Protobuf>('protobufjs');
  return loadedProtobuf;
}

/** The messages of descriptors, which server reflection answers with. */
export function protobufDescriptors(): Descriptors {
  return load<Descriptors>('protobufjs/ext/descriptor/index.js');
}

/** A file of protobufjs's own: Google's common .proto files lie in it. */
export function bundledFile(path: string): string {
  return require.resolve(`protobufjs/${path}`);
}

function load<Module>(id: string): Module {
  const loaded: Module = require(id);
  return loaded;
}
