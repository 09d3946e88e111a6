/**
 * A master and workers over real sockets on loopback; between each worker and its master stands a relay that a test can cut.
 */
import { connect, createServer, type Socket } from 'node:net';
import { Environment, type EnvironmentOptions } from '../../../src/environment/index.js';
import { runSetup, testSettings } from '../../../src/environment/testSettings.js';
import type { WorkerRunner } from '../../../src/environment/workerRunner.js';
import { type LinkServer, type MasterEnd, openLinkServer, type WorkerHello } from '../../../src/link/index.js';
import { Master, type RestoredRun } from '../../../src/master/index.js';
import { RunStatistics } from '../../../src/stats/index.js';
import { StopTest } from '../../../src/users/index.js';
import { readVersion } from '../../../src/version.js';
import type { WorkerTimes } from '../../../src/worker/index.js';

const token = 'the-token-of-the-test';

export interface NetworkOptions extends EnvironmentOptions {
  readonly workers: number;
  /** Of the workers' locustfile. Default: that of the master. */
  readonly ownClasses?: NonNullable<EnvironmentOptions['userClasses']>;
  readonly graceSeconds?: number;
  readonly leaseSeconds?: number;
  readonly times?: Partial<WorkerTimes>;
}

export interface NetworkWorker {
  readonly runner: WorkerRunner;
  readonly environment: Environment;
  readonly relay: Relay;
  /** The events of tests that were fired here, in order. */
  readonly fired: readonly string[];
}

export interface Network extends AsyncDisposable {
  readonly master: Master;
  readonly statistics: RunStatistics;
  readonly workers: readonly NetworkWorker[];
  readonly server: LinkServer;
}

export async function aNetwork(options: NetworkOptions): Promise<Network> {
  const statistics = new RunStatistics();
  const master = makeMaster(options, statistics);
  const server = await listen(master);
  const workers: NetworkWorker[] = [];
  for (let at = 0; at < options.workers; at++) workers.push(await joinWorker(options, server.port));
  return {
    master,
    statistics,
    workers,
    server,
    async [Symbol.asyncDispose]() {
      for (const { relay } of workers) relay.mend();
      await Promise.all([master.quit(), ...workers.map(({ runner }) => runner.quit())]);
      await server.close();
      for (const { relay } of workers) relay.close();
    },
  };
}

export function listen(master: Master): Promise<LinkServer> {
  const onWorker = (hello: WorkerHello, link: MasterEnd) => master.addWorker(hello, link);
  return openLinkServer({ host: '127.0.0.1', port: 0, token, version: readVersion(), onWorker });
}

/** `restored`: it goes on with the run of another one. */
export function makeMaster(options: NetworkOptions, statistics: RunStatistics, restored?: RestoredRun): Master {
  const environment = new Environment(options);
  const { leaseSeconds } = options;
  return new Master({
    environment,
    statistics,
    setup: restored?.setup ?? runSetup(environment),
    restored,
    classes: () => environment.userClasses.map(({ name, weight, fixedCount }) => ({ name, weight, fixedCount })),
    prepare: () => {},
    settings: () => ({ ...testSettings(environment), leaseSeconds }),
    shape: environment.shape,
    resetStats: false,
    quitAtEnd: false,
    isDistributed: true,
    leadSeconds: 0.05,
    isStopTest: (thrown) => thrown instanceof StopTest,
    patience: { silenceSeconds: 0.5, tickSeconds: 0.1, extraGraceSeconds: 1, extraLeaseSeconds: 0.3 },
  });
}

async function joinWorker(options: NetworkOptions, port: number): Promise<NetworkWorker> {
  const environment = new Environment({
    ...options,
    ...(options.ownClasses === undefined ? {} : { userClasses: options.ownClasses }),
    stallSeconds: 0,
  });
  const fired: string[] = [];
  const { testStart, spawningComplete, testStopping, testStop } = environment.events;
  for (const hook of [testStart, testStopping, testStop]) hook.addListener(() => void fired.push(hook.name));
  spawningComplete.addListener(() => void fired.push('spawningComplete'));
  const relay = await Relay.open(port);
  const runner = await environment.createWorkerRunner({
    masterPort: relay.port,
    token,
    graceSeconds: options.graceSeconds ?? 60,
    times: { heartbeatSeconds: 0.1, watchSeconds: 0.02, ...options.times },
  });
  return { runner, environment, relay, fired };
}

/** Forwards connections to a port, until it is cut: then it closes those that there are and refuses others. */
export class Relay {
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  readonly #server = createServer((from) => this.#accept(from));

  private constructor(private target: number) {}

  static async open(target: number): Promise<Relay> {
    const relay = new Relay(target);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** `target`: from now on connections lead to that port. */
  mend(target = this.target): void {
    this.target = target;
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #accept(from: Socket): void {
    this.#keep(from);
    if (this.#isCut) {
      from.destroy();
      return;
    }
    const to = connect(this.target, '127.0.0.1');
    this.#keep(to);
    from.pipe(to).pipe(from);
    from.on('close', () => to.destroy());
    to.on('close', () => from.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
