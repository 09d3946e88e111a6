/**
 * A master and several workers in this process, over memory links: what a distributed run is but for the network.
 */
import { Environment, type EnvironmentOptions, type UserClass } from '../../../src/environment/index.js';
import { testSettings } from '../../../src/environment/testSettings.js';
import type { CustomMessage } from '../../../src/events/index.js';
import { createMemoryLink, type MasterEnd, type WorkerEnd } from '../../../src/link/index.js';
import { Master } from '../../../src/master/index.js';
import { IntervalRecorder, RunStatistics } from '../../../src/stats/index.js';
import { StopTest } from '../../../src/users/index.js';
import { defaultUsageLimits, Worker } from '../../../src/worker/index.js';

export interface ClusterWorker {
  readonly id: string;
  readonly worker: Worker;
  readonly environment: Environment;
  /** The worker's end of its link. */
  readonly link: WorkerEnd;
  readonly masterLink: MasterEnd;
  /** The test events that were fired here, in order. */
  readonly fired: string[];
  /** Custom messages that came here. */
  readonly messages: CustomMessage[];
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
  addWorker(id: string): ClusterWorker;
  /** Users of all workers, by class. */
  usersOn(at: number): Record<string, number>;
}

export function aCluster(
  options: EnvironmentOptions & { readonly workers: number; readonly userClasses: readonly UserClass[] },
): Cluster {
  const environment = new Environment(options);
  const statistics = new RunStatistics();
  const messages: CustomMessage[] = [];
  const master = new Master({
    environment,
    statistics,
    setup: { run: 'r1', userConfigs: [], equalWeights: false, maxNames: 10_000 },
    classes: () => environment.userClasses.map(({ name, weight, fixedCount }) => ({ name, weight, fixedCount })),
    prepare: () => {},
    settings: () => testSettings(environment),
    shape: environment.shape,
    resetStats: environment.options.resetStats,
    quitAtEnd: false,
    isDistributed: true,
    leadSeconds: 0.02,
    isStopTest: (thrown) => thrown instanceof StopTest,
    customMessage: (message) => messages.push(message),
  });
  const workers: ClusterWorker[] = [];
  const addWorker = (id: string): ClusterWorker => {
    const added = makeWorker(id, options);
    workers.push(added);
    master.addWorker({ worker: id, version: 'test', graceSeconds: 60 }, added.masterLink);
    return added;
  };
  for (let at = 0; at < options.workers; at++) addWorker(`w${at + 1}`);
  return {
    master,
    environment,
    statistics,
    workers,
    messages,
    fired: firedOn(environment),
    addWorker,
    usersOn: (at) => workers[at]?.worker.users.pool.counts() ?? {},
    async [Symbol.asyncDispose]() {
      await master.quit();
    },
  };
}

function makeWorker(id: string, options: EnvironmentOptions): ClusterWorker {
  const environment = new Environment(options);
  const link = createMemoryLink();
  const messages: CustomMessage[] = [];
  const worker = new Worker({
    id,
    environment,
    userClasses: new Map(environment.userClasses.map((userClass) => [userClass.name, userClass])),
    link: link.worker,
    recorder: new IntervalRecorder(),
    firesTestEvents: true,
    applySettings: (settings) => {
      environment.host = settings.host;
    },
    customMessage: (message) => messages.push(message),
    usageLimits: defaultUsageLimits,
    stallSeconds: 0,
  });
  environment.useRuntime(worker.runtime);
  return { id, worker, environment, link: link.worker, masterLink: link.master, messages, fired: firedOn(environment) };
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
