/**
 * The workers that this process starts itself, by --processes and --spawn: their lines come through one stream, and they end
 * with it.
 */
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { getLogger } from '../../log.js';
import { describeEnd, type ProcessEnd, type SpawnedWorker, type Spawner, type WorkerOrder } from '../../spawn/index.js';

const log = getLogger('tsload.main');

/** Where one spawner's workers are told to go, and with which words. */
export interface Order {
  readonly spawner: Spawner;
  readonly order: WorkerOrder;
}

export class OwnWorkers implements AsyncDisposable {
  readonly #spawners: Spawner[] = [];
  readonly #ends: ProcessEnd[] = [];
  #workers: readonly SpawnedWorker[] = [];
  #allEnded: () => void = () => {};
  #oneFailed: () => void = () => {};
  #isStopping = false;
  /** Resolves when the first worker has ended that nobody told to. */
  readonly failed = new Promise<void>((resolve) => {
    this.#oneFailed = resolve;
  });
  /** Resolves when all that were started have ended. */
  readonly ended = new Promise<void>((resolve) => {
    this.#allEnded = resolve;
  });

  /** `write` takes their lines; `told`: a worker has ended, whether it should or not. */
  constructor(
    private readonly write: (worker: SpawnedWorker, line: string) => void,
    private readonly told: (worker: SpawnedWorker, how: string) => void = () => {},
  ) {}

  /** Starts all of them. Throws `SpawnError`; the others are stopped when this object is disposed of. */
  async start(orders: readonly Order[]): Promise<void> {
    for (const { spawner } of orders) {
      this.#spawners.push(spawner);
      spawner.listen({ line: this.write, ended: (worker, end) => this.#ended(worker, end) });
    }
    const started = await Promise.all(orders.map(({ spawner, order }) => spawner.start(order)));
    this.#workers = started.flat();
    this.#tellIfAllEnded();
  }

  /** How many were started. */
  get count(): number {
    return this.#workers.length;
  }

  /** Names of those that are none of these, which are ids that workers have told their master. */
  absentFrom(ids: readonly string[]): readonly string[] {
    return this.#workers.filter(({ identity }) => !ids.some((id) => id.endsWith(identity))).map(({ name }) => name);
  }

  /** How those ended that have. */
  get ends(): readonly ProcessEnd[] {
    return this.#ends;
  }

  /** Resolves when none has ended for so long, or all have: what one has ended of, others do a moment later. */
  async calm(millis = 500): Promise<void> {
    for (let told = -1; told < this.#ends.length; ) {
      told = this.#ends.length;
      const over = new AbortController();
      const pause = setTimeout(millis, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([this.ended, pause]);
      over.abort();
    }
  }

  /** Ends of workers are no news from now on. */
  expectEnds(): void {
    this.#isStopping = true;
  }

  /** Asks those that still run to end, and kills them when they do not within `graceSeconds`. Resolves when all are gone. */
  async stop(graceSeconds?: number): Promise<void> {
    this.expectEnds();
    await Promise.all(this.#spawners.map((spawner) => spawner.stop(graceSeconds)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #ended(worker: SpawnedWorker, end: ProcessEnd): void {
    this.#ends.push(end);
    if (!this.#isStopping) this.#tell(worker, end);
    this.told(worker, describeEnd(end));
    this.#tellIfAllEnded();
  }

  #tell({ name }: SpawnedWorker, end: ProcessEnd): void {
    const text = `${name} ${describeEnd(end)}`;
    if (end.code === 0) log.debug(text);
    else log.error(text);
    this.#oneFailed();
  }

  #tellIfAllEnded(): void {
    if (this.count > 0 && this.#ends.length === this.count) this.#allEnded();
  }
}

/** The exit code of whoever waits for such workers: the highest of theirs. */
export function highestCode(ends: readonly ProcessEnd[]): number {
  return Math.max(0, ...ends.map(({ code, signal }) => code ?? (signal === null ? 1 : 128 + signalNumber(signal))));
}

function signalNumber(signal: string): number {
  return Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0;
}
