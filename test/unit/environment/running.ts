/**
 * What tests of whole runs share: a runner over the classes that the test is about, ended when the test is.
 */
import {
  Environment,
  type EnvironmentOptions,
  type LocalRunner,
  type UserClass,
} from '../../../src/environment/index.js';
import { constant, User } from '../../../src/users/index.js';
import { until } from '../../until.js';

export interface Run extends AsyncDisposable {
  readonly environment: Environment;
  readonly runner: LocalRunner;
  /** The events of the test that were fired, by name, in order. */
  readonly fired: readonly string[];
  /** Starts and waits until all users are there. */
  start(users: number, spawnRate?: number): Promise<void>;
}

export function aRun(userClasses: Iterable<UserClass>, options: EnvironmentOptions = {}): Run {
  const environment = new Environment({ userClasses, ...options });
  const runner = environment.createLocalRunner();
  const fired: string[] = [];
  const { events } = environment;
  events.spawningComplete.addListener(() => fired.push('spawningComplete'));
  for (const event of [events.testStart, events.testStopping, events.testStop, events.resetStats]) {
    event.addListener(() => fired.push(event.name));
  }
  return {
    environment,
    runner,
    fired,
    async start(users, spawnRate = 1000) {
      runner.start(users, spawnRate);
      await until(() => runner.state === 'running' && runner.userCount === users);
    },
    async [Symbol.asyncDispose]() {
      await runner.quit();
    },
  };
}

/** A class of users that do nothing and wait. */
export function idle(name: string, statics: { weight?: number; fixedCount?: number; host?: string } = {}): UserClass {
  const made = {
    [name]: class extends User {
      static override waitTime = constant(1000);
      static override tasks = [() => {}];
    },
  }[name]!;
  return Object.assign(made, statics);
}
