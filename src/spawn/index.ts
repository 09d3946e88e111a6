export type { Handover } from './handover.js';
export { PrefixedLines } from './prefixedLines.js';
export { SpawnError } from './spawnError.js';
export {
  describeEnd,
  type ProcessEnd,
  type SpawnedWorker,
  type Spawner,
  type SpawnListener,
  type WorkerOrder,
} from './spawner.js';
export { localSpawner, spawnersFor } from './spawnersFor.js';
export { readSpawnTarget, type SpawnTarget } from './spawnTarget.js';
export { isSupervised, superviseSelf } from './supervised.js';
