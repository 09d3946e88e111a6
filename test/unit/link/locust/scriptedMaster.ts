/**
 * A master of Locust that says only what a test tells it to, over a real ZeroMQ socket, and keeps what workers say, as bytes too;
 * and our end of the connection to it, driven by hand.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Router } from 'zeromq';
import type { WorkerHealth } from '../../../../src/events/index.js';
import { type Envelope, packEnvelope, readEnvelope } from '../../../../src/link/locust/envelope.js';
import { MasterConnection } from '../../../../src/link/locust/masterConnection.js';
import type { LocustMasterOptions } from '../../../../src/link/locust/options.js';
import type { MasterMessage, ReportMessage } from '../../../../src/link/messages.js';
import { IntervalRecorder } from '../../../../src/stats/index.js';
import { freePort } from '../../../freePort.js';
import { type UntilOptions, until } from '../../../until.js';

export interface Heard extends Envelope {
  readonly bytes: Buffer;
  /** `performance.now()` when it came. */
  readonly at: number;
}

type Answers = (heard: Heard, master: ScriptedMaster) => Promise<void> | void;

/** What a Locust master does without being asked: it takes workers in, and answers their heartbeats. */
export const asLocust: Answers = async ({ type }, master) => {
  if (type === 'client_ready') await master.say('ack', { index: 7 });
  if (type === 'heartbeat') await master.say('heartbeat', null);
};

export class ScriptedMaster {
  readonly heard: Heard[] = [];
  readonly frames: number[] = [];
  #identity: Buffer | undefined;
  #router = new Router({ linger: 0 });

  private constructor(public answers: Answers) {}

  static async open(answers: Answers = asLocust, port?: number): Promise<ScriptedMaster> {
    const master = new ScriptedMaster(answers);
    await master.#bind(port ?? (await freePort()));
    return master;
  }

  get port(): number {
    return Number(/:(\d+)$/.exec(this.#router.lastEndpoint ?? '')?.[1]);
  }

  types(): string[] {
    return this.heard.map(({ type }) => type);
  }

  all(type: string): Heard[] {
    return this.heard.filter((heard) => heard.type === type);
  }

  /** The first message of this type that came after so many others of the type. */
  async next(type: string, after = 0): Promise<Heard> {
    return await seen(() => this.all(type)[after], { what: `${type} number ${after + 1}; heard: ${this.types()}` });
  }

  async say(type: string, data: unknown): Promise<void> {
    await this.sayBytes(packEnvelope({ type, data, nodeId: String(this.#identity) }));
  }

  async sayBytes(bytes: Uint8Array): Promise<void> {
    if (this.#identity === undefined) throw new Error('no worker');
    await this.#router.send([this.#identity, bytes]);
  }

  /** The process is gone, and with it all connections. */
  close(): void {
    this.#router.close();
  }

  /** Another process at the same port, which knows nobody. */
  async restart(answers: Answers): Promise<void> {
    const { port } = this;
    this.close();
    this.answers = answers;
    this.heard.length = 0;
    this.#router = new Router({ linger: 0 });
    await until(() => this.#bind(port).then(() => true)); // the port is let go a moment later
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await sleep(0);
  }

  async #bind(port: number): Promise<void> {
    await this.#router.bind(`tcp://127.0.0.1:${port}`);
    this.#read(this.#router).catch(() => {});
  }

  async #read(router: Router): Promise<void> {
    for await (const [identity, bytes, ...others] of router) {
      this.#identity = identity;
      this.frames.push(1 + others.length);
      const heard = { ...readEnvelope(bytes!), bytes: bytes!, at: performance.now() };
      this.heard.push(heard);
      await this.answers(heard, this);
    }
  }
}

export const workerId = 'host_0123456789abcdef0123456789abcdef';

/** Our end: what the worker hears, and a heart that beats. */
export class OurWorker {
  readonly heard: MasterMessage[] = [];
  readonly news: string[] = [];
  closed: { readonly reason: Error | undefined } | undefined;
  #sequence = 0;
  #heart: NodeJS.Timeout;

  private constructor(
    readonly link: MasterConnection,
    beatMillis: number,
  ) {
    link.listen({
      message: (message) => this.heard.push(message),
      interrupted: () => this.news.push('interrupted'),
      resumed: () => this.news.push('resumed'),
      closed: (reason) => {
        this.closed = { reason };
      },
    });
    this.#heart = setInterval(() => this.beat(), beatMillis);
  }

  static async open(
    port: number,
    options: Partial<LocustMasterOptions> & { readonly beatMillis?: number } = {},
  ): Promise<OurWorker> {
    const { beatMillis = 100, ...rest } = options;
    const link = await MasterConnection.open({
      host: '127.0.0.1',
      port,
      hello: () => ({ worker: workerId, version: '1.0.0', graceSeconds: 60 }),
      userClasses: ['Shopper', 'Admin'],
      ...rest,
    });
    return new OurWorker(link, beatMillis);
  }

  /** As the worker's heart does: not while there is no connection. */
  beat(): void {
    if (!this.link.vitals.isUp) return;
    this.link.send({ kind: 'heartbeat', state: 'ready', cpuPercent: 12.5, memoryBytes: 1e8 });
  }

  kinds(): string[] {
    return this.heard.map(({ kind }) => kind).filter((kind) => kind !== 'heartbeat' && kind !== 'acknowledge');
  }

  /** The first message of this kind that came after so many others of the kind. */
  async next<Kind extends MasterMessage['kind']>(kind: Kind, after = 0): Promise<MasterMessage & { kind: Kind }> {
    return await seen(
      () => {
        const found = this.heard.filter((message) => message.kind === kind)[after];
        return found as (MasterMessage & { kind: Kind }) | undefined;
      },
      { what: `${kind} number ${after + 1}; heard: ${this.kinds()}` },
    );
  }

  /** A report of test 1. */
  report(about: Partial<ReportMessage> = {}): void {
    this.link.send({ ...aReport(), sequence: ++this.#sequence, ...about });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heart);
    this.link.close();
  }
}

async function seen<T extends object>(find: () => T | undefined, options: UntilOptions): Promise<T> {
  const found = await until(find, options);
  if (found === undefined) throw new Error('nothing');
  return found;
}

const health: WorkerHealth = {
  cpuPercent: 0,
  memoryBytes: 0,
  loopDelayMillis: 0,
  loopUtilisation: 0,
  gcMillis: 0,
  isSaturated: false,
};

/** A second of test 1 with these samples. */
export function aReport(record: (recorder: IntervalRecorder) => void = () => {}): Omit<ReportMessage, 'sequence'> {
  const recorder = new IntervalRecorder();
  record(recorder);
  const interval = recorder.takeInterval({ isWarmup: false });
  return { kind: 'report', period: 1, interval, userCounts: { Shopper: 1 }, exceptions: [], health, data: {} };
}

/** The data of a spawn, as Locust sends it. */
export function aSpawn(about: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    timestamp: Date.now() / 1000,
    user_classes_count: { Shopper: 2, Admin: 0 },
    host: 'http://h',
    stop_timeout: 0.5,
    parsed_options: { host: 'http://h', num_users: 2 },
    ...about,
  };
}

/** The fields of a message's data. */
export function fields({ data }: Pick<Envelope, 'data'>): Record<string, unknown> {
  return data instanceof Map ? Object.fromEntries(data) : {};
}
