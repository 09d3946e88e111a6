/**
 * A real worker at the end of a breakable link, told by the test what a master would say.
 */

import { epochSeconds } from '../../../src/clock.js';
import { Environment, type UserClass } from '../../../src/environment/index.js';
import type { WorkerRunner, WorkerRunnerOptions } from '../../../src/environment/workerRunner.js';
import type { RunSetup, SpawnMessage, TestSettings, WorkerHello } from '../../../src/link/index.js';
import { constant, task, User } from '../../../src/users/index.js';
import type { WorkerTimes } from '../../../src/worker/index.js';
import { until } from '../../until.js';
import { BreakableLink } from './breakableLink.js';

export interface WorkerBuild extends Omit<WorkerRunnerOptions, 'connect'> {
  readonly userClasses: readonly UserClass[];
  /** Of its own. */
  readonly tags?: readonly string[];
  readonly times?: Partial<WorkerTimes>;
}

export interface TestedWorker extends AsyncDisposable {
  readonly environment: Environment;
  readonly runner: WorkerRunner;
  readonly link: BreakableLink;
  /** The events of tests that were fired, in order. */
  readonly fired: readonly string[];
  /** What it said of itself when it joined. */
  readonly firstHello: WorkerHello;
  /** What it says of itself to a master that does not know it. */
  hello(): WorkerHello;
  /** Says once more how the run is set up, as the master did when the worker joined. */
  welcome(setup?: Partial<RunSetup>): void;
  /** Begins a test; resolves when the worker says that it has. */
  begin(settings?: Partial<TestSettings>, test?: number): Promise<void>;
  /** Asks for so many users of each class, at once; resolves when they are there. */
  spawn(counts: Readonly<Record<string, number>>, more?: Partial<SpawnMessage>): Promise<void>;
  /** Stops the test; resolves when the worker says so. */
  stop(test?: number): Promise<void>;
}

export async function aWorker({ userClasses, tags, ...options }: WorkerBuild): Promise<TestedWorker> {
  const environment = new Environment({ userClasses, tags, stallSeconds: 0 });
  const fired = firedOn(environment);
  const link = new BreakableLink();
  const welcome = (setup: Partial<RunSetup> = {}) => {
    const whole = { run: 'run', userConfigs: [], equalWeights: false, maxNames: 10_000, ...setup };
    link.say({ kind: 'welcome', index: 3, setup: whole });
  };
  welcome();
  let hello: () => WorkerHello = () => ({ worker: '', version: '', graceSeconds: 0 });
  let firstHello = hello();
  const runner = await environment.createWorkerRunner({
    graceSeconds: 60,
    ...options,
    times: { heartbeatSeconds: 0.02, watchSeconds: 0.01, lastReportsSeconds: 0.2, ...options.times },
    connect: (say) => {
      hello = say;
      firstHello = say();
      return Promise.resolve(link);
    },
  });
  let step = 0;
  const acknowledge = (message: { readonly kind: string; readonly sequence?: number }) => {
    if (message.kind === 'report') link.say({ kind: 'acknowledge', sequence: message.sequence ?? 0 });
  };
  link.answer = acknowledge;
  return {
    environment,
    runner,
    link,
    fired,
    firstHello,
    hello: () => hello(),
    welcome,
    async begin(settings = {}, test = 1) {
      const before = link.of('started').length;
      link.say({
        kind: 'testStart',
        test,
        period: test,
        startTime: epochSeconds(),
        settings: { ...plainSettings, ...settings },
      });
      await until(() => link.of('started').length > before);
    },
    async spawn(counts, more = {}) {
      step++;
      const starts = Object.entries(counts).map(([userClass, count]) => ({
        userClass,
        ranks: Array.from({ length: count }, (_, rank) => rank),
      }));
      const own = { test: 1, step, startTime: epochSeconds(), spacingSeconds: 0, counts, starts, isLast: true };
      const message: SpawnMessage = { kind: 'spawn', ...own, ...more };
      link.say(message);
      await until(() => link.of('users').some((said) => said.step === message.step));
    },
    async stop(test = 1) {
      link.say({ kind: 'stop', test, isHurried: false });
      await until(() => link.of('stopped').some((said) => said.test === test));
    },
    async [Symbol.asyncDispose]() {
      if (link.isClosed) return;
      await runner.quit();
    },
  };
}

const plainSettings: TestSettings = {
  host: undefined,
  stopTimeoutSeconds: 0,
  catchExceptions: true,
  warmupSeconds: 0,
  runSeconds: undefined,
  leaseSeconds: undefined,
  iterations: undefined,
  seed: undefined,
  tags: [],
  excludeTags: [],
  customOptions: {},
};

/** Users that count what they do; each run of a task is a request. */
export function counting(waitSeconds = 0.005) {
  const counts = { starts: 0, runs: 0, stops: 0 };
  class Counting extends User {
    static override waitTime = constant(waitSeconds);
    override onStart() {
      counts.starts++;
    }
    override onStop() {
      counts.stops++;
    }
    @task work() {
      counts.runs++;
      const sample = { requestType: 'TEST', name: 'work', responseTime: 5, responseLength: 10 };
      this.environment.events.request.fire(sample);
    }
  }
  return { Counting, counts };
}

/** All samples in these reports. */
export function requestsOf(link: BreakableLink): number {
  const seen = new Set<number>();
  let sum = 0;
  for (const { sequence, interval } of link.of('report')) {
    if (seen.has(sequence)) continue;
    seen.add(sequence);
    for (const { ok, failed } of interval.entries) sum += (ok?.timed ?? 0) + (failed?.timed ?? 0);
  }
  return sum;
}

function firedOn({ events }: Environment): string[] {
  const fired: string[] = [];
  events.testStart.addListener(() => fired.push('testStart'));
  events.spawningComplete.addListener(({ userCount }) => fired.push(`spawningComplete ${userCount}`));
  events.testStopping.addListener(() => fired.push('testStopping'));
  events.testStop.addListener(() => fired.push('testStop'));
  return fired;
}
