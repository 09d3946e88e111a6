/** The two ends of WebSocket links, with short pauses; each says only what its test is about. */
import type {
  ConnectOptions,
  LinkListener,
  LinkServer,
  LinkServerOptions,
  MasterEnd,
  MasterMessage,
  WorkerEnd,
  WorkerHello,
  WorkerMessage,
} from '../../../../src/link/index.js';
import { connectToMaster, openLinkServer } from '../../../../src/link/index.js';
import { until } from '../../../until.js';

export const token = 'the-token-of-the-test';

export interface TestedMaster extends AsyncDisposable {
  readonly server: LinkServer;
  readonly port: number;
  /** The workers that have joined, latest last, also of those that are gone. */
  readonly joined: readonly { readonly hello: WorkerHello; readonly link: MasterEnd }[];
  /** The link of the worker that joined last. */
  readonly link: MasterEnd;
}

export async function aMaster(options: Partial<LinkServerOptions> = {}): Promise<TestedMaster> {
  const joined: { readonly hello: WorkerHello; readonly link: MasterEnd }[] = [];
  const server = await openLinkServer({
    host: '127.0.0.1',
    port: 0,
    token,
    version: '1.2.3',
    ...options,
    onWorker(hello, link) {
      joined.push({ hello, link });
      options.onWorker?.(hello, link);
    },
  });
  return {
    server,
    port: server.port,
    joined,
    get link() {
      const last = joined.at(-1);
      if (last === undefined) throw new Error('no worker has joined');
      return last.link;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

let workers = 0;

export function aHello(more: Partial<WorkerHello> = {}): WorkerHello {
  return { worker: `host_${++workers}`, version: '1.2.3', graceSeconds: 60, ...more };
}

export interface WorkerBuild extends Partial<Omit<ConnectOptions, 'hello'>> {
  readonly port: number;
  readonly hello?: Partial<WorkerHello>;
}

export function aWorkerOf({ hello, ...options }: WorkerBuild): Promise<WorkerEnd> {
  const said = aHello(hello);
  return connectToMaster({
    host: '127.0.0.1',
    token,
    graceSeconds: 60,
    connectSeconds: 20,
    ...options,
    limits: { maxPauseMillis: 5, ...options.limits },
    hello: () => said,
  });
}

export interface Ear<Message> extends LinkListener<Message> {
  readonly messages: Message[];
  /** What became of the link, and the kinds of messages, in order. */
  readonly heard: string[];
  readonly closedBy: (Error | undefined)[];
}

export function anEar<Message extends { readonly kind: string }>(): Ear<Message> {
  const [messages, heard, closedBy]: [Message[], string[], (Error | undefined)[]] = [[], [], []];
  return {
    messages,
    heard,
    closedBy,
    message(message) {
      messages.push(message);
      heard.push(message.kind);
    },
    interrupted: () => void heard.push('interrupted'),
    resumed: () => void heard.push('resumed'),
    renewed: () => void heard.push('renewed'),
    closed(reason) {
      closedBy.push(reason);
      heard.push('closed');
    },
  };
}

export interface Exchange {
  /** Rounds that were made so far. */
  readonly rounds: number;
  /** Anything but messages that either end has heard. */
  readonly disturbances: readonly string[];
  /** Further rounds are made. */
  goesOn(): Promise<void>;
}

/** A run: a worker that says something, and is answered, again and again, as long as the link lives. */
export function anExchange(worker: WorkerEnd, master: MasterEnd): Exchange {
  const disturbances: string[] = [];
  let rounds = 0;
  const next = () => worker.send({ kind: 'started', test: rounds + 1 });
  const disturbed = (what: string) => ({
    interrupted: () => void disturbances.push(`${what} interrupted`),
    resumed: () => void disturbances.push(`${what} resumed`),
    renewed: () => void disturbances.push(`${what} renewed`),
    closed: () => void disturbances.push(`${what} closed`),
  });
  worker.listen({
    ...disturbed('worker'),
    message(message: MasterMessage) {
      if (message.kind !== 'reset' || message.period !== rounds + 1) disturbances.push('out of order at the worker');
      rounds++;
      setTimeout(next, 1);
    },
  });
  master.listen({
    ...disturbed('master'),
    message(message: WorkerMessage) {
      if (message.kind === 'started') master.send({ kind: 'reset', period: message.test });
    },
  });
  next();
  return {
    get rounds() {
      return rounds;
    },
    disturbances,
    async goesOn() {
      const before = rounds;
      await until(() => rounds > before + 5);
    },
  };
}
