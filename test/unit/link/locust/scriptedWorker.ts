/**
 * A worker of Locust's protocol that says only what a test tells it to, over a real ZeroMQ socket; and our end of the connection to
 * it: the server, and for each worker what the master would hear, driven by hand.
 */
import { Dealer } from 'zeromq';
import { type Envelope, packEnvelope, readEnvelope } from '../../../../src/link/locust/envelope.js';
import type { LocustServerOptions } from '../../../../src/link/locust/options.js';
import { Server } from '../../../../src/link/locust/server.js';
import type { MasterEnd } from '../../../../src/link/memory.js';
import type { MasterMessage, TestSettings, WorkerHello, WorkerMessage } from '../../../../src/link/messages.js';
import { until } from '../../../until.js';

async function seen<T>(find: () => T | undefined, what: () => string): Promise<T> {
  const found = await until(find).catch((thrown: unknown) => {
    throw new Error(`${thrown instanceof Error ? thrown.message : String(thrown)}\n${what()}`);
  });
  if (found === undefined) throw new Error(what());
  return found;
}

export class ScriptedWorker implements Disposable {
  readonly heard: Envelope[] = [];
  readonly #dealer: Dealer;

  constructor(
    port: number,
    readonly id: string,
  ) {
    this.#dealer = new Dealer({ routingId: id, linger: 0 });
    this.#dealer.connect(`tcp://127.0.0.1:${port}`);
    this.#read().catch(() => {});
  }

  all(type: string): readonly Envelope[] {
    return this.heard.filter((heard) => heard.type === type);
  }

  /** The data of the message of this type that came after so many others of the type. */
  async next(type: string, after = 0): Promise<unknown> {
    const what = () => `${type} number ${after + 1}; heard: ${this.heard.map((each) => each.type)}`;
    const heard = await seen(() => this.all(type)[after], what);
    return plain(heard.data);
  }

  say(type: string, data: unknown): Promise<void> {
    return this.sayBytes(packEnvelope({ type, data, nodeId: this.id }));
  }

  sayBytes(...frames: readonly Uint8Array[]): Promise<void> {
    return this.#dealer.send([...frames]);
  }

  [Symbol.dispose](): void {
    this.#dealer.close();
  }

  async #read(): Promise<void> {
    for await (const [bytes] of this.#dealer) this.heard.push(readEnvelope(bytes!));
  }
}

/** What the master hears of one worker. */
export class HeardWorker {
  readonly messages: WorkerMessage[] = [];
  readonly changes: string[] = [];

  constructor(
    readonly hello: WorkerHello,
    readonly link: MasterEnd,
  ) {
    link.listen({
      message: (message) => void this.messages.push(message),
      interrupted: (reason) => void this.changes.push(`interrupted: ${reason}`),
      resumed: () => void this.changes.push('resumed'),
      closed: (reason) => void this.changes.push(`closed: ${reason?.message ?? ''}`),
    });
  }

  all<Kind extends WorkerMessage['kind']>(kind: Kind): readonly (WorkerMessage & { readonly kind: Kind })[] {
    return this.messages.filter((message): message is WorkerMessage & { readonly kind: Kind } => message.kind === kind);
  }

  async next<Kind extends WorkerMessage['kind']>(kind: Kind, after = 0) {
    const what = () => `${kind} number ${after + 1}; heard: ${this.messages.map((message) => message.kind)}`;
    return await seen(() => this.all(kind)[after], what);
  }

  say(message: MasterMessage): void {
    this.link.send(message);
  }
}

export class OurMaster implements AsyncDisposable {
  readonly workers: HeardWorker[] = [];
  readonly #peers: ScriptedWorker[] = [];

  private constructor(
    readonly server: Server,
    workers: HeardWorker[],
  ) {
    this.workers = workers;
  }

  static async open(options: Partial<LocustServerOptions> = {}): Promise<OurMaster> {
    const workers: HeardWorker[] = [];
    const server = await Server.open({
      port: 0,
      userClasses: () => ['Admin', 'Shopper'],
      onWorker: (hello, link) => workers.push(new HeardWorker(hello, link)),
      stopSeconds: 1,
      leaveSeconds: 1,
      lastReportSeconds: 1,
      ...options,
    });
    return new OurMaster(server, workers);
  }

  get port(): number {
    return this.server.port;
  }

  /** A peer that says nothing by itself. */
  peer(id = `host_${this.#peers.length}`): ScriptedWorker {
    const peer = new ScriptedWorker(this.port, id);
    this.#peers.push(peer);
    return peer;
  }

  /** One that has registered, and was welcomed. */
  async worker(version: unknown = '2.47.0', id?: string): Promise<{ peer: ScriptedWorker; heard: HeardWorker }> {
    const peer = this.peer(id);
    const before = this.workers.length;
    await peer.say('client_ready', version);
    const heard = await seen(
      () => this.workers[before],
      () => 'no worker came',
    );
    heard.say(welcome(before));
    await peer.next('ack');
    return { peer, heard };
  }

  /** One that has users by now. */
  async running(version: unknown = '2.47.0', settings: Partial<TestSettings> = {}) {
    const { peer, heard } = await this.worker(version);
    heard.say(testStart(settings));
    heard.say(spawn({ Shopper: 2 }));
    await peer.next('spawn');
    await peer.say('spawning', null);
    await peer.say('spawning_complete', { user_classes_count: { Shopper: 2, Admin: 0 }, user_count: 2 });
    await heard.next('users');
    return { peer, heard };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer[Symbol.dispose]();
    await this.server.close();
  }
}

export function welcome(
  index: number,
  userConfigs: readonly { userClass: string; values: object }[] = [],
): MasterMessage {
  const configs = userConfigs.map(({ userClass, values }) => ({ userClass, values: { ...values } }));
  return { kind: 'welcome', index, setup: { run: 'r', userConfigs: configs, equalWeights: false, maxNames: 1000 } };
}

export function testStart(settings: Partial<TestSettings> = {}, test = 1): MasterMessage {
  return {
    kind: 'testStart',
    test,
    startTime: Date.now() / 1000,
    period: 3,
    settings: {
      host: 'http://h',
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
      ...settings,
    },
  };
}

/** `ranks`: moments of the users of Shopper that start, as multiples of `spacingSeconds`; none: they start at once. */
export function spawn(
  counts: Readonly<Record<string, number>>,
  { step = 1, isLast = true, ranks = [], spacingSeconds = 0, test = 1 }: SpawnAbout = {},
): MasterMessage {
  const starts = ranks.length === 0 ? [] : [{ userClass: 'Shopper', ranks }];
  return { kind: 'spawn', test, step, counts, starts, startTime: Date.now() / 1000, spacingSeconds, isLast };
}

export interface SpawnAbout {
  readonly step?: number;
  readonly isLast?: boolean;
  readonly ranks?: readonly number[];
  readonly spacingSeconds?: number;
  readonly test?: number;
}

/** Maps as objects. */
export function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
