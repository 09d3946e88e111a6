/**
 * Where a master listens for its workers: one port for everybody, and others where some of them need one of their own.
 */
import {
  type LinkServer,
  type LocustServer,
  type MasterEnd,
  openLinkServer,
  openLocustServer,
  type WorkerHello,
} from '../link/index.js';
import { getLogger } from '../log.js';
import { readVersion } from '../version.js';
import type { MasterRunnerOptions } from './masterRunnerOptions.js';

export interface MasterDoor {
  readonly token: string;
  /** Names, for workers of Locust's protocol. */
  userClasses(): string[];
  onWorker(hello: WorkerHello, link: MasterEnd): void;
}

const log = getLogger('tsload.runners');

type Arrival = readonly [WorkerHello, MasterEnd];

export class MasterServers {
  /** The first is for everybody, a second one for workers that this process starts. */
  readonly #servers: LinkServer[] = [];
  #locust: LocustServer | undefined;
  #door: MasterDoor | undefined;
  /** Workers that came before `release`, while there may be some: nothing is said to them, and nothing of them is heard. */
  #held: Arrival[] | undefined;

  get port(): number {
    return this.#servers[0]?.port ?? 0;
  }

  get ownPort(): number {
    return this.#servers.at(-1)?.port ?? 0;
  }

  get url(): string {
    return this.#servers[0]?.url ?? '';
  }

  get locustPort(): number {
    return this.#locust?.port ?? 0;
  }

  /** Throws `ConnectionError` when one of them cannot listen; those that do are to be closed then. */
  async open(options: MasterRunnerOptions, door: MasterDoor): Promise<void> {
    const { token, userClasses } = door;
    const { tls, locustfile, locust } = options;
    this.#door = door;
    if (options.isHeld) this.#held = [];
    const onWorker = (...arrival: Arrival) => this.#take(arrival);
    const server = { token, version: readVersion(), onWorker, ...(locustfile === undefined ? {} : { locustfile }) };
    const [host, port] = [options.bindHost ?? '*', options.bindPort ?? 5557];
    this.#servers.push(await openLinkServer({ ...server, host, port, ...(tls === undefined ? {} : { tls }) }));
    if (locust !== undefined) this.#locust = await openLocustServer({ ...locust, userClasses, onWorker });
    if (tls === undefined || !options.startsWorkers) return;
    this.#servers.push(await openLinkServer({ ...server, host: '127.0.0.1', port: 0 }));
  }

  /** From now on workers are let in, those that came before and are still there first; others join anew when they are back. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const [hello, link] of held) {
      if (link.vitals.isUp) this.#letIn([hello, link]);
      else link.close();
    }
  }

  async close(): Promise<void> {
    for (const [, link] of this.#held?.splice(0) ?? []) link.close();
    await Promise.all([...this.#servers, this.#locust].map((server) => server?.close()));
  }

  /** One that is refused keeps nobody else out. */
  #letIn([hello, link]: Arrival): void {
    try {
      this.#take([hello, link]);
    } catch (thrown) {
      log.warning(`worker ${hello.worker} is not let in: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      link.close();
    }
  }

  #take(arrival: Arrival): void {
    if (this.#held !== undefined) this.#held.push(arrival);
    else this.#door?.onWorker(...arrival);
  }
}
