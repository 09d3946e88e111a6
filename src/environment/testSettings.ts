/**
 * What an environment says about a test when one begins.
 */
import { randomUUID } from 'node:crypto';
import type { RunSetup, TestSettings } from '../link/index.js';
import { LoadTestShape, taskSelectionOf } from '../users/index.js';
import type { Environment } from './environment.js';

const filtered = new WeakSet<Environment>();

/** Lets the shape know where it runs: before its first tick. */
export function bindShape(environment: Environment): void {
  const { shape, runner } = environment;
  if (!(shape instanceof LoadTestShape)) return;
  shape.environment = environment;
  shape.runner = runner;
}

/** Applies the tags, at the first test. */
export function prepareTest(environment: Environment): void {
  const { options, userClasses } = environment;
  if (filtered.has(environment)) return;
  filtered.add(environment);
  const { tags, excludeTags } = options;
  if (tags.length === 0 && excludeTags.length === 0) return;
  taskSelectionOf(environment).filterByTags({ tags, excludeTags }, userClasses);
}

/** What workers of other processes need beside the locustfile. */
export function runSetup({ options, userConfigs, hasEqualWeights }: Environment): RunSetup {
  return {
    run: randomUUID(),
    userConfigs: [...userConfigs],
    equalWeights: hasEqualWeights,
    maxNames: options.maxNames,
  };
}

export function testSettings(environment: Environment): TestSettings {
  const { host, stopTimeout, catchExceptions, options } = environment;
  return {
    host,
    stopTimeoutSeconds: stopTimeout,
    catchExceptions,
    warmupSeconds: options.warmup,
    runSeconds: options.runTime,
    leaseSeconds: undefined,
    iterations: options.iterations,
    seed: options.seed,
    tags: options.tags,
    excludeTags: options.excludeTags,
    customOptions: plainValues(options.customOptions),
  };
}

/** What can travel: a function or a symbol of a program's own options cannot. */
function plainValues(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isPlain = (value: unknown) => !['function', 'symbol', 'undefined'].includes(typeof value);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => isPlain(value)));
}
