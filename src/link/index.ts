export { maxCount, maxEntries, maxEpoch, maxErrors, maxPairs } from './bounds.js';
export { addExceptions, ExceptionGroups } from './exceptionGroups.js';
export * as fields from './fields.js';
export type { Link, LinkListener, LinkVitals } from './link.js';
export {
  connectToLocustMaster,
  type LocustfileText,
  type LocustMasterOptions,
  type LocustServer,
  type LocustServerOptions,
  locustVersion,
  openLocustServer,
} from './locust/index.js';
export { createMemoryLink, type MasterEnd, type WorkerEnd } from './memory.js';
export { MessageListeners } from './messageListeners.js';
export type {
  CustomLinkMessage,
  IterationLimit,
  IterationState,
  MasterMessage,
  PlannedStarts,
  ReportedException,
  ReportMessage,
  RunSetup,
  SpawnMessage,
  StopWish,
  TestSettings,
  UserClassUpdate,
  WorkerHello,
  WorkerMessage,
  WorkerStanding,
} from './messages.js';
export { EntryWriter, packEntries } from './packEntries.js';
export { readError, readInterval } from './readInterval.js';
export { readMasterMessage, readSettings, readSetup } from './readMasterMessage.js';
export { readException, readWorkerHello, readWorkerMessage } from './readWorkerMessage.js';
export { entryFault, errorFault } from './reportFaults.js';
export { EntryReader } from './unpackEntries.js';
export { checkSendable } from './webSocket/messageCodec.js';
export type {
  ClientTls,
  ConnectOptions,
  FetchOptions,
  LinkLimits,
  LinkServer,
  LinkServerOptions,
  MasterAddress,
  ServerTls,
} from './webSocket/options.js';
export { connectToMaster, fetchLocustfile, openLinkServer } from './webSocketLink.js';
