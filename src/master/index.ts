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
  createJournal,
  type JournalOptions,
  type KeptJournal,
  loadJournal,
  type ResumedRun,
  type RunAbout,
} from './keptJournal.js';
export type { Load } from './load.js';
export { Master, type MasterOptions } from './master.js';
export type { Shape } from './shapeDriver.js';
