export { Activity, Pending } from './activity.js';
export {
  BadSetup,
  InterruptTaskSet,
  RescheduleTask,
  RescheduleTaskImmediately,
  StopTest,
  StopUser,
} from './controlExceptions.js';
export {
  type TagDecorator,
  type TaskDecorator,
  type TransitionDecorator,
  tag,
  task,
  transition,
  transitions,
} from './decorators.js';
export {
  type BidiStream,
  type CallKind,
  type ClientStream,
  type EnumModel,
  type FieldModel,
  type GrpcCallOptions,
  GrpcError,
  type GrpcMetadata,
  type GrpcMethod,
  type GrpcRequestEvent,
  type GrpcResponse,
  type GrpcService,
  type GrpcStreamOptions,
  type GrpcStub,
  type GrpcTlsOptions,
  GrpcUser,
  type Int64Mode,
  type Judged,
  type MessageModel,
  type MessageSource,
  type ProtoFile,
  type ProtoModel,
  protoModel,
  readProto,
  type ServerStream,
  type ServiceModel,
  type StatusName,
  statusNames,
  type UntypedCall,
  type UntypedMessage,
  type UntypedMethods,
  type ValueType,
} from './grpc/index.js';
export { hostProblem } from './hosts.js';
export {
  type CaughtResponse,
  type CaughtStream,
  type ConnectionOptions,
  ConnectionPool,
  type CookieJar,
  type CookieOptions,
  type Credentials,
  type FormFile,
  type FormValue,
  type HeadersInput,
  type HttpInterceptor,
  type HttpResponse,
  type HttpSession,
  type HttpTlsOptions,
  HttpUser,
  type JsonBody,
  type JsonField,
  JsonParseError,
  type MultipartInput,
  type ProxyOptions,
  type QueryInput,
  type RequestBody,
  RequestError,
  type RequestErrorName,
  type RequestMethod,
  type RequestOptions,
  type ResponseHeaders,
  type ResponseMeta,
  type RestOptions,
  type RestResponse,
  type SessionHeaders,
  type StreamedResponse,
} from './http/index.js';
export { isShapeClass, LoadTestShape, type ShapeClass, type ShapeTick } from './loadTestShape.js';
export { MarkovTaskSet } from './markovTaskSet.js';
export { SequentialTaskSet } from './sequentialTaskSet.js';
export { Sleep } from './sleep.js';
export type { Task, TaskDeclaration, TaskFunction, TaskSetClass, WaitOwner, WaitTime } from './task.js';
export {
  expectedUserCounts,
  formatTaskRatios,
  type TaskRatio,
  type TaskRatioReport,
  type TaskRatios,
  taskRatios,
  taskRatiosJson,
} from './taskRatio.js';
export { type TagFilter, TaskSelection, taskSelectionOf } from './taskSelection.js';
export { type ClientOf, TaskSet } from './taskSet.js';
export { User, type UserClass } from './user.js';
export {
  checkUserClass,
  createUser,
  filesOf,
  isUserClass,
  updateUserClass,
} from './userClass.js';
export {
  CatchResponseError,
  InvalidTransitionError,
  MarkovTaskTagError,
  MissingWaitTimeError,
  NoMarkovTasksError,
  NonMarkovTaskTransitionError,
  ResponseError,
} from './userErrors.js';
export { onStopSeconds, preloadKey, releaseKey, type UserState, unwindSeconds } from './userLife.js';
export { between, constant, constantPacing, constantThroughput } from './waitTime.js';
