/**
 * `Environment` as a program imports it: a class to make one, and, as a type, what listeners and users are given.
 */
import type { Environment as EnvironmentView } from '../events/index.js';
import { Environment as EnvironmentClass } from './environment.js';

/** Everything that belongs to one test; see docs/library.md. Locust: `Environment`. */
export const Environment = EnvironmentClass;
export type Environment = EnvironmentView;
