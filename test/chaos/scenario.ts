/**
 * A test that runs while something fails: a master, workers and a target on machines of their own, and what remains at the end.
 */

import type { Run } from '../e2e/tsload.js';
import { until } from '../until.js';
import { type Ended, Ending } from './ending.js';
import { activeUsers, type Hit, pauseSeconds } from './hits.js';
import { masterAddress, Network } from './network.js';
import { Machine } from './processes.js';
import { Target, targetUrl } from './target.js';

/** Each request has the worker's id as its name, so that the master's numbers are by worker too. */
const shop = `
import { constant, HttpUser, task } from 'tsload';
let born = 0;
export class Shopper extends HttpUser {
  static host = '${targetUrl}';
  static waitTime = constant(${pauseSeconds});
  name = '';
  who = '';
  onStart() {
    this.name = this.environment.runner?.clientId ?? '';
    this.who = [this.name, process.pid, born++].join(' ');
  }
  @task async buy() {
    await this.client.get('/buy', { name: this.name, headers: { 'x-user': this.who } });
  }
}
`;

export interface ScenarioOptions {
  /** Default 3. */
  readonly workers?: number;
  /** Default 6. */
  readonly users?: number;
  /** Of the master, beside those that every scenario has. */
  readonly master?: string;
  /** Of each worker. */
  readonly worker?: string;
  readonly masterEnv?: Readonly<Record<string, string>>;
  readonly workerEnv?: (index: number) => Readonly<Record<string, string>>;
  /** Milliseconds after which the target answers. Default 0. */
  readonly answerMillis?: number;
  /** Seconds that users get to finish their task. Default 10, so that no request is cut off. */
  readonly stopTimeout?: number;
  /** Instead of a plain cable, what connects a worker with the master. */
  readonly connect?: (machine: Machine, index: number) => Promise<void>;
}

/** This worker waits so many seconds for its master, and the others for as long as it takes, as they are not to be lost. */
export function graceOf(worker: number, seconds: number): (index: number) => Readonly<Record<string, string>> {
  return (index) => ({ TSLOAD_MASTER_GRACE: String(index === worker ? seconds : patience) });
}

/** Seconds that no start of a master takes. */
const patience = 300;

/** For tests in which the master comes back. */
export const patiently = `--master-grace ${patience}`;

let lastBegun: Promise<void> = Promise.resolve();

export class Scenario {
  readonly workers: Run[] = [];
  readonly #masters: Run[] = [];
  readonly users: number;

  private constructor(
    readonly network: Network,
    readonly masterMachine: Machine,
    readonly workerMachines: readonly Machine[],
    readonly target: Target,
    private readonly options: ScenarioOptions,
  ) {
    this.users = options.users ?? 6;
  }

  /** Resolves when all users run. One scenario begins at a time: starting a process takes a second of a processor. */
  static begin(options: ScenarioOptions = {}): Promise<Scenario> {
    const begun = lastBegun.then(() => Scenario.#begin(options));
    lastBegun = begun.then(
      () => {},
      () => {},
    );
    return begun;
  }

  static async #begin(options: ScenarioOptions): Promise<Scenario> {
    const scenario = await Scenario.prepare(options);
    try {
      await scenario.start();
      return scenario;
    } catch (thrown) {
      scenario[Symbol.dispose]();
      throw thrown;
    }
  }

  /** Machines, and a target that answers. */
  static async prepare(options: ScenarioOptions = {}): Promise<Scenario> {
    const network = await Network.open();
    try {
      const target = await network.host('target', 250);
      await target.connect('target');
      const master = await network.host('master', 1);
      await master.connect('control');
      const workers: Machine[] = [];
      for (let index = 0; index < (options.workers ?? 3); index++) {
        const host = await network.host(`worker${index}`, 10 + index);
        await host.connect('target');
        const machine = new Machine(host);
        await (options.connect?.(machine, index) ?? host.connect('control'));
        workers.push(machine);
      }
      const server = await Target.open(target, options.answerMillis ?? 0);
      return new Scenario(network, new Machine(master, { 'shop.ts': shop }), workers, server, options);
    } catch (thrown) {
      network[Symbol.dispose]();
      throw thrown;
    }
  }

  /** Starts everything. Resolves when all users run. */
  async start(): Promise<void> {
    this.startMaster();
    await this.startWorkers();
    await this.hasUsers(this.users);
  }

  /** The one that was started last. */
  get master(): Run {
    const master = this.#masters.at(-1);
    if (master === undefined) throw new Error('no master was started');
    return master;
  }

  /** Starts a master. `line`: more arguments. */
  startMaster(line = ''): Run {
    const { stopTimeout = 10, master = '', masterEnv } = this.options;
    const always = `-f shop.ts --master --headless --json --only-summary --stop-timeout ${stopTimeout} --expect-workers ${this.workerMachines.length}`;
    const run = this.masterMachine.tsload(`${always} -u ${this.users} -r ${this.users} ${master} ${line}`, masterEnv);
    this.#masters.push(run);
    return run;
  }

  /** Starts a master that goes on with the run of the one before. Resolves when all workers are back, with their users. */
  async resume(journal: string): Promise<void> {
    const run = this.startMaster(`--resume ${journal}`);
    const { length } = this.workers;
    const areBack = () => run.stderr.match(/is back with 2 users/g)?.length === length;
    await until(areBack, {
      timeoutMs: 120_000,
      what: () => `${length} workers to be back; the master said\n${run.stderr}`,
    });
  }

  /** By the command that the master prints. */
  async startWorkers(): Promise<void> {
    const { worker = '', workerEnv } = this.options;
    for (const [index, machine] of this.workerMachines.entries()) {
      const env = { TSLOAD_TOKEN: await this.token(), ...workerEnv?.(index) };
      this.workers.push(machine.tsload(`--worker --master-host ${masterAddress} ${worker}`, env));
    }
  }

  async token(): Promise<string> {
    const printed = /TSLOAD_TOKEN=(\S+) tsload --worker --master-host (\S+)/;
    await this.master.sees(printed);
    return printed.exec(this.master.stderr)?.[1] ?? '';
  }

  get hits(): readonly Hit[] {
    return this.target.hits;
  }

  /** Waits until exactly so many users make requests. `but`: those of this worker do not count, as it is not there any more. */
  async hasUsers(count: number, but = ''): Promise<void> {
    // a request is told when it is answered
    const seconds = 1 + (2 * (this.options.answerMillis ?? 0)) / 1000;
    const hits = () => this.hits.filter(({ worker }) => worker !== but);
    const isThere = () => activeUsers(hits(), seconds, Date.now() / 1000 - 0.2) === count;
    await until(isThere, { timeoutMs: 120_000, intervalMs: 100, what: `${count} active users` }).catch((thrown) => {
      const said = [this.master, ...this.workers].map(({ stderr }) => stderr.slice(-3000));
      throw new Error(`${thrown}; master and workers said\n${said.join('\n---\n')}`);
    });
  }

  /** Waits until the target has had so many more requests. */
  async goesOn(requests = 60): Promise<void> {
    const before = this.hits.length;
    await until(() => this.hits.length >= before + requests, { timeoutMs: 120_000, intervalMs: 50 });
  }

  /** Id of a worker that has had users. */
  idOf(index: number): string {
    const pid = this.workers[index]?.child.pid;
    return this.hits.find((hit) => hit.pid === pid)?.worker ?? `no worker has the process id ${pid}`;
  }

  /** Ends the test by SIGTERM at the master, unless it has ended by itself, and waits for all processes. */
  async end(): Promise<Ended> {
    this.master.signal('SIGTERM');
    return this.ended();
  }

  async ended(): Promise<Ended> {
    const [master, ...workers] = await Promise.all([this.master, ...this.workers].map(({ finished }) => finished));
    return new Ending(this, master!, workers).read();
  }

  [Symbol.dispose](): void {
    for (const run of [...this.#masters, ...this.workers]) run[Symbol.dispose]();
    this.network[Symbol.dispose]();
  }
}
