/**
 * A master and several workers in this process, over links that break when a test says so: what a distributed run is but for the
 * network.
 */
import { Environment, type EnvironmentOptions, type UserClass } from '../../../src/environment/index.js';
import { testSettings } from '../../../src/environment/testSettings.js';
import type { CustomMessage } from '../../../src/events/index.js';
import type { MasterEnd, TestSettings, UserClassUpdate, WorkerEnd } from '../../../src/link/index.js';
import { Master, type MasterOptions, type Patience } from '../../../src/master/index.js';
import { IntervalRecorder, RunStatistics } from '../../../src/stats/index.js';
import { StopTest } from '../../../src/users/index.js';
import { defaultUsageLimits, Worker, type WorkerOptions } from '../../../src/worker/index.js';
import { aFaultyLink, type FaultyLink } from './faultyLink.js';

/** Times that make a test fast. */
export const impatient: Patience = {
  silenceSeconds: 0.3,
  tickSeconds: 0.03,
  extraGraceSeconds: 0.1,
  extraLeaseSeconds: 0.1,
};

export interface ClusterWorker {
  readonly id: string;
  readonly worker: Worker;
  readonly environment: Environment;
  readonly cable: FaultyLink;
  /** The worker's end of its link. */
  readonly link: WorkerEnd;
  readonly masterLink: MasterEnd;
  /** The test events that were fired here, in order. */
  readonly fired: string[];
  /** Custom messages that came here. */
  readonly messages: CustomMessage[];
  /** Updates of user classes that came here. */
  readonly updates: UserClassUpdate[];
}

export interface Cluster extends AsyncDisposable {
  readonly master: Master;
  readonly environment: Environment;
  readonly statistics: RunStatistics;
  readonly workers: ClusterWorker[];
  /** The test events that were fired on the master, in order. */
  readonly fired: string[];
  /** Custom messages that came to the master. */
  readonly messages: CustomMessage[];
  /** `own`: what this one has otherwise than the others. */
  addWorker(id: string, own?: Partial<WorkerOptions>): ClusterWorker;
  /** Users of all workers, by class. */
  usersOn(at: number): Record<string, number>;
  /** Live users on all workers, wherever they are and whoever knows of them. */
  liveUsers(): number;
}

export interface ClusterOptions extends EnvironmentOptions {
  readonly workers: number;
  readonly userClasses: readonly UserClass[];
  readonly settings?: Partial<TestSettings>;
  readonly graceSeconds?: number;
  readonly master?: Partial<MasterOptions>;
  readonly worker?: Partial<WorkerOptions>;
}

export function aCluster(options: ClusterOptions): Cluster {
  const environment = new Environment(options);
  const statistics = new RunStatistics();
  const messages: CustomMessage[] = [];
  const fired = firedOn(environment);
  const master = new Master({
    environment,
    statistics,
    setup: { run: 'r1', userConfigs: [], equalWeights: false, maxNames: 10_000 },
    classes: () => environment.userClasses.map(({ name, weight, fixedCount }) => ({ name, weight, fixedCount })),
    prepare: () => {},
    settings: () => ({ ...testSettings(environment), ...options.settings }),
    shape: environment.shape,
    resetStats: environment.options.resetStats,
    quitAtEnd: false,
    isDistributed: true,
    leadSeconds: 0.02,
    isStopTest: (thrown) => thrown instanceof StopTest,
    customMessage: (message) => messages.push(message),
    ...options.master,
  });
  const workers: ClusterWorker[] = [];
  const addWorker = (id: string, own: Partial<WorkerOptions> = {}): ClusterWorker => {
    const added = makeWorker(id, { ...options, worker: { ...options.worker, ...own } });
    workers.push(added);
    const { standing } = added.worker;
    const graceSeconds = options.graceSeconds ?? 60;
    master.addWorker({ worker: id, version: 'test', graceSeconds, ...(standing && { standing }) }, added.masterLink);
    return added;
  };
  for (let at = 0; at < options.workers; at++) addWorker(`w${at + 1}`);
  return {
    master,
    environment,
    statistics,
    workers,
    messages,
    fired,
    addWorker,
    usersOn: (at) => workers[at]?.worker.users.pool.counts() ?? {},
    liveUsers: () => workers.reduce((sum, { worker }) => sum + worker.userCount, 0),
    async [Symbol.asyncDispose]() {
      master.hurry();
      await master.quit();
      await Promise.all(workers.map(({ worker }) => worker.stop()));
      for (const { cable } of workers) cable.lose('the test is over');
    },
  };
}

/** A worker that belongs to no master yet. */
export function makeWorker(id: string, options: Omit<ClusterOptions, 'workers'>): ClusterWorker {
  const environment = new Environment(options);
  const cable = aFaultyLink();
  const messages: CustomMessage[] = [];
  const updates: UserClassUpdate[] = [];
  const worker = new Worker({
    id,
    environment,
    userClasses: new Map(environment.userClasses.map((userClass) => [userClass.name, userClass])),
    link: cable.worker,
    recorder: new IntervalRecorder(),
    firesTestEvents: true,
    applySettings: (settings) => {
      environment.host = settings.host;
    },
    updateUserClass: (update) => updates.push(update),
    customMessage: (message) => messages.push(message),
    usageLimits: defaultUsageLimits,
    stallSeconds: 0,
    graceSeconds: options.graceSeconds ?? 60,
    ...options.worker,
  });
  environment.useRuntime(worker.runtime);
  const fired = firedOn(environment);
  return {
    id,
    worker,
    environment,
    cable,
    link: cable.worker,
    masterLink: cable.master,
    messages,
    updates,
    fired,
  };
}

function firedOn({ events }: Environment): string[] {
  const fired: string[] = [];
  events.testStart.addListener(() => fired.push('testStart'));
  events.spawningComplete.addListener(({ userCount }) => fired.push(`spawningComplete ${userCount}`));
  events.testStopping.addListener(() => fired.push('testStopping'));
  events.testStop.addListener(() => fired.push('testStop'));
  events.workerConnect.addListener(({ clientId }) => fired.push(`workerConnect ${clientId}`));
  return fired;
}
