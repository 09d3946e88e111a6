/** Workers on another machine, over the system's own ssh. */
import { SpawnError } from '../spawnError.js';
import type { SpawnedWorker, Spawner, SpawnListener, WorkerOrder } from '../spawner.js';
import type { SshTarget } from '../spawnTarget.js';

export class SshSpawner implements Spawner {
  constructor(private readonly target: SshTarget) {}
  listen(_listener: SpawnListener): void {}
  start(_order: WorkerOrder): Promise<readonly SpawnedWorker[]> {
    return Promise.reject(new SpawnError(`workers on ${this.target.host} cannot be started over ssh yet`));
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
}
