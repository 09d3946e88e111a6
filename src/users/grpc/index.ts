export type { GrpcRequestEvent } from './callEvent.js';
export type { GrpcCallOptions, GrpcMetadata, GrpcStreamOptions, Judged } from './callOptions.js';
export type { GrpcTlsOptions } from './credentials.js';
export { GrpcError } from './grpcError.js';
export { GrpcUser } from './grpcUser.js';
export { type ProtoFile, type ReadProtoOptions, readProto } from './protoFile.js';
export {
  type EnumModel,
  type FieldModel,
  type MessageModel,
  type ProtoModel,
  protoModel,
  type ServiceModel,
  type ValueType,
} from './protoModel.js';
export type { BidiStream, ClientStream, GrpcResponse, ServerStream } from './responses.js';
export type {
  CallKind,
  GrpcMethod,
  GrpcService,
  GrpcStub,
  Int64Mode,
  MessageSource,
  UntypedCall,
  UntypedMessage,
  UntypedMethods,
} from './service.js';
export { type StatusName, statusNames } from './status.js';
