export { Environment } from './environment.js';
export { exitCodeOf } from './exitCode.js';
export { Environment as LibraryEnvironment } from './library.js';
export { LocalRunner } from './localRunner.js';
export type { MasterRunner, MasterRunnerOptions } from './masterRunner.js';
export type { EnvironmentOptions, Shape, UserClass } from './options.js';
export { runSingleUser, type SingleUserOptions } from './singleUser.js';
export type { TestRunner } from './testRunner.js';
export type { WorkerRunner, WorkerRunnerOptions } from './workerRunner.js';
