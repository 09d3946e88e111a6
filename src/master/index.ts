export { type ClassPlan, Dispatcher, type Placement, pauseSeconds, type Step, usersPerStep } from './dispatcher.js';
export type {
  AppliedReports,
  CountedReport,
  Journal,
  RestoredRun,
  RestoredWorker,
  StatisticsJournal,
  TestRecord,
} from './journal.js';
export {
  checkLocustfile,
  checkNoJournal,
  createJournal,
  type JournalOptions,
  type KeptJournal,
  loadJournal,
  type ResumedRun,
  type RunAbout,
} from './keptJournal.js';
export type { Load } from './load.js';
export { Master } from './master.js';
export type { MasterOptions } from './masterOptions.js';
export type { Shape } from './shapeDriver.js';
export type { Patience } from './silence.js';
export type { WorkerState, WorkerStatus } from './workerNode.js';
