/**
 * One connection to a host, from the first word to the last: start, lines and ends, stop.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getLogger } from '../../log.js';
import { packageDirectory, readVersion } from '../../version.js';
import { SpawnError } from '../spawnError.js';
import type { SpawnedWorker, SpawnListener, WorkerOrder } from '../spawner.js';
import type { SshTarget } from '../spawnTarget.js';
import { packArchive, readManifest } from './archive.js';
import { Deferred } from './deferred.js';
import type { FromHost, StartedWorker } from './hostMessages.js';
import { placeOf, sshWords, tunnelPort } from './sshCommand.js';
import { describeNoNode, describeOldNode, describeSshEnd } from './sshProblem.js';
import { SshSession } from './sshSession.js';

export interface ConnectionOptions {
  /** The program. Default `ssh`, as the PATH has it. */
  readonly ssh: string;
  /** A file of the host that Node runs instead of tsload, for tests. Default null. */
  readonly program: string | null;
  /** Seconds until the workers have to run, tsload's way over the network included. Default 120. */
  readonly startSeconds: number;
  /** Seconds without a sign of life after which either side takes the connection for lost. Default 60. */
  readonly lostSeconds: number;
  /** Seconds that workers have for an end in good order when the connection is lost. Default 3. */
  readonly orphanedSeconds: number;
  /** Seconds that a host has for tidying up at a stop, after its workers had their time; then ssh is killed. Default 10. */
  readonly tidySeconds: number;
}

const log = getLogger('tsload.spawn');

/** Signs of life in the time after which a connection counts as lost. */
const signsOfLife = 10;
/** Seconds that a host without workers has at a stop, until ssh is killed: there is little to tidy up. */
const leaveSeconds = 2;
/** Remarks of ssh and of the host's shell that are kept for an error's sentence. */
const maxRemarks = 50;

/** Of a worker. */
type News = Extract<FromHost, { readonly kind: 'line' | 'ended' }>;

export class HostConnection {
  readonly #ready = new Deferred<boolean>();
  readonly #tunnel = new Deferred<number>();
  readonly #started = new Deferred<readonly SpawnedWorker[]>();
  readonly #over = new Deferred<void>();
  readonly #remarks: string[] = [];
  /** By number, those that have not ended. */
  readonly #running = new Map<number, SpawnedWorker>();
  /** What came before the workers were known. */
  readonly #early: News[] = [];
  #session: SshSession | undefined;
  #phase: 'before the order' | 'ordered' | 'started' = 'before the order';
  #failure: Error | undefined;
  #aliveTimer: NodeJS.Timeout | undefined;
  #killAt = Number.POSITIVE_INFINITY;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly target: SshTarget,
    private readonly order: WorkerOrder,
    private readonly options: ConnectionOptions,
    private readonly listener: SpawnListener,
  ) {}

  /** Throws `SpawnError`; `stop` is to be called then, too. */
  async start(): Promise<readonly SpawnedWorker[]> {
    const { startSeconds } = this.options;
    const late = () => this.#fail(this.#problem(`they did not run within ${startSeconds} s`));
    const timer = setTimeout(late, startSeconds * 1000);
    try {
      const session = await this.#open();
      const hasTsload = await this.#ready.promise;
      if (!hasTsload) await sendTsload(session);
      await this.#sendOrder(session);
      return await this.#started.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Bounded by the time given and some seconds more. */
  async stop(graceSeconds: number): Promise<void> {
    if (this.#phase !== 'started') this.#fail(this.#problem('they were stopped before they ran'));
    const session = this.#session;
    if (session === undefined) return;
    const isOrdered = this.#phase !== 'before the order';
    if (isOrdered) session.send({ kind: 'stop', graceSeconds });
    else session.endInput();
    this.#killAfter(session, isOrdered ? graceSeconds + this.options.tidySeconds : leaveSeconds);
    await this.#over.promise;
  }

  async #open(): Promise<SshSession> {
    const [loader, manifest] = await Promise.all([readLoader(), readManifest(packageDirectory)]);
    if (this.#failure !== undefined) throw this.#failure;
    const session = new SshSession(this.options.ssh, this.#sshWords(manifest.node), {
      message: (message) => this.#heard(message, manifest.node),
      remark: (line) => this.#remarked(line),
      ended: (code) => this.#ended(code),
    });
    this.#session = session;
    session.sendBytes(`${loader.length}\n`);
    session.sendBytes(loader);
    session.send({ kind: 'hello', version: readVersion() });
    return session;
  }

  #sshWords(nodeRange: string): readonly string[] {
    const { lostSeconds } = this.options;
    if (this.target.master !== undefined) return sshWords(this.target, { lostSeconds, nodeRange });
    const { masterHost: host, masterPort: port } = this.order;
    return sshWords(this.target, { lostSeconds, nodeRange, tunnel: { host, port } });
  }

  async #sendOrder(session: SshSession): Promise<void> {
    const { words, secrets, masterPort: port } = this.order;
    const { master, workers } = this.target;
    const [masterHost, masterPort] =
      master === undefined ? ['127.0.0.1', await this.#tunnel.promise] : [master.host, master.port ?? port];
    if (this.#failure !== undefined) throw this.#failure;
    this.#phase = 'ordered';
    const { program, lostSeconds, orphanedSeconds } = this.options;
    const rules = { program, lostSeconds, orphanedSeconds };
    session.send({ kind: 'order', workers, masterHost, masterPort, words, secrets, ...rules });
    this.#aliveTimer = setInterval(() => session.send({ kind: 'alive' }), (lostSeconds * 1000) / signsOfLife);
  }

  #heard(message: FromHost, neededNode: string): void {
    switch (message.kind) {
      case 'noNode':
        this.#fail(new SpawnError(describeNoNode(this.target, neededNode)));
        break;
      case 'oldNode':
        this.#fail(new SpawnError(describeOldNode(this.target, message.version, neededNode)));
        break;
      case 'failed':
        this.#fail(this.#problem(message.reason));
        break;
      case 'ready':
        this.#ready.resolve(message.hasTsload);
        break;
      case 'started':
        this.#nowRun(message.workers);
        break;
      case 'line':
      case 'ended':
        if (this.#phase === 'started') this.#told(message);
        else this.#early.push(message);
        break;
      default:
        message satisfies never;
    }
  }

  #nowRun(started: readonly StartedWorker[]): void {
    const { host } = this.target;
    const workers = started.map((worker, index) => ({ index, name: `${host} ${index}`, host, ...worker }));
    for (const worker of workers) this.#running.set(worker.index, worker);
    this.#phase = 'started';
    this.#started.resolve(workers);
    for (const message of this.#early.splice(0)) this.#told(message);
  }

  #told(message: News): void {
    const worker = this.#running.get(message.worker);
    if (worker === undefined) return;
    if (message.kind === 'line') {
      this.listener.line(worker, message.text);
    } else {
      this.#running.delete(message.worker);
      this.listener.ended(worker, message.end);
    }
  }

  #remarked(line: string): void {
    log.debug(`${placeOf(this.target)}: ${line}`);
    const port = tunnelPort(line);
    if (port !== undefined) {
      this.#tunnel.resolve(port);
      return; // as it should be, so no reason for what goes wrong later
    }
    this.#remarks.push(line);
    if (this.#remarks.length > maxRemarks) this.#remarks.shift();
    if (/remote port forwarding failed/i.test(line)) this.#fail(this.#sshFailed(255));
  }

  #ended(code: number | null): void {
    clearInterval(this.#aliveTimer);
    clearTimeout(this.#killTimer);
    this.#fail(this.#sshFailed(code));
    const last = this.#remarks.at(-1);
    const problem = `was lost with the ssh connection to ${placeOf(this.target)}${last === undefined ? '' : ` (${last})`}`;
    for (const worker of this.#running.values()) this.listener.ended(worker, { code: null, signal: null, problem });
    this.#running.clear();
    this.#over.resolve();
  }

  /** The first cause counts, and none once the workers run. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const awaited of [this.#ready, this.#tunnel, this.#started]) awaited.reject(this.#failure);
  }

  #problem(reason: string): SpawnError {
    return new SpawnError(`no workers on ${placeOf(this.target)}: ${reason}`);
  }

  #sshFailed(code: number | null): SpawnError {
    return new SpawnError(describeSshEnd(this.target, { code, lines: this.#remarks }));
  }

  #killAfter(session: SshSession, seconds: number): void {
    const killAt = performance.now() + seconds * 1000;
    if (session.isOver || killAt >= this.#killAt) return;
    this.#killAt = killAt;
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => session.kill(), seconds * 1000);
  }
}

async function readLoader(): Promise<Buffer> {
  try {
    return await readFile(join(packageDirectory, 'dist/spawn/ssh/loader.js'));
  } catch (cause) {
    throw new SpawnError(`tsload in ${packageDirectory} is not built: run npm run build`, { cause });
  }
}

let archive: Promise<Buffer> | undefined;

/** Packed once for all hosts. */
async function sendTsload(session: SshSession): Promise<void> {
  archive ??= packArchive(packageDirectory);
  const bytes = await archive;
  session.send({ kind: 'archive', bytes: bytes.length });
  session.sendBytes(bytes);
}
