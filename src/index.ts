export { type Environment, events } from './events/index.js';
export {
  type BidiStream,
  type CallOptions,
  type ClientStream,
  GrpcError,
  type GrpcMethod,
  type GrpcResponse,
  type GrpcService,
  type GrpcStub,
  GrpcUser,
  type Int64Mode,
  type ServerStream,
  type StreamOptions,
  User,
} from './users/index.js';
