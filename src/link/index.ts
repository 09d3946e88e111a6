export type { Link, LinkListener } from './link.js';
export { createMemoryLink, type MasterEnd, type WorkerEnd } from './memory.js';
export { MessageListeners } from './messageListeners.js';
export type {
  CustomLinkMessage,
  IterationLimit,
  MasterMessage,
  PlannedStarts,
  ReportedException,
  ReportMessage,
  SpawnMessage,
  TestSettings,
  UserClassUpdate,
  WorkerMessage,
} from './messages.js';
export { readMasterMessage } from './readMasterMessage.js';
export { readWorkerMessage } from './readWorkerMessage.js';
