/**
 * Workers on another machine, over the system's own ssh: its configuration, its agent, its known hosts.
 *
 * One connection does it all: `loader.ts` goes through it as text, then tsload itself where the host lacks this version, then the
 * order with its secrets; back come the lines and ends of the workers; and, unless the target says where the master is, a tunnel
 * in it leads the workers to the master, so that no port has to be open and nothing crosses the network in clear. When the
 * connection ends, the host ends its workers and removes what it has written.
 */
import { SpawnError } from '../spawnError.js';
import {
  defaultGraceSeconds,
  type SpawnedWorker,
  type Spawner,
  type SpawnListener,
  type WorkerOrder,
} from '../spawner.js';
import type { SshTarget } from '../spawnTarget.js';
import { type ConnectionOptions, HostConnection } from './hostConnection.js';

export type SshOptions = Partial<ConnectionOptions>;

const defaults: ConnectionOptions = {
  ssh: 'ssh',
  program: null,
  startSeconds: 120,
  lostSeconds: 60,
  orphanedSeconds: 3,
  tidySeconds: 10,
};

export class SshSpawner implements Spawner {
  readonly #options: ConnectionOptions;
  #listener: SpawnListener = { line: () => {}, ended: () => {} };
  #connection: HostConnection | undefined;
  #isUsed = false;

  constructor(
    private readonly target: SshTarget,
    options: SshOptions = {},
  ) {
    this.#options = { ...defaults, ...options };
  }

  listen(listener: SpawnListener): void {
    this.#listener = listener;
  }

  async start(order: WorkerOrder): Promise<readonly SpawnedWorker[]> {
    if (this.#isUsed) throw new SpawnError('these workers were started before, or stopped: a spawner starts once');
    this.#isUsed = true;
    const connection = new HostConnection(this.target, order, this.#options, this.#listener);
    this.#connection = connection;
    try {
      return await connection.start();
    } catch (thrown) {
      await connection.stop(0);
      throw thrown;
    }
  }

  async stop(graceSeconds = defaultGraceSeconds): Promise<void> {
    this.#isUsed = true;
    await this.#connection?.stop(graceSeconds);
  }
}
