export { Environment } from './environment.js';
export { exitCodeOf } from './exitCode.js';
export { LocalRunner } from './localRunner.js';
export type { EnvironmentOptions, Shape, UserClass } from './options.js';
