/**
 * From the words of the command line to spawners. What a kind of spawner needs is loaded with the first of its kind.
 */
import { OptionError } from '../errors.js';
import { LocalSpawner } from './localSpawner.js';
import type { Spawner } from './spawner.js';
import { checkWorkers, readSpawnTarget, type SpawnTarget } from './spawnTarget.js';

/** For `--processes`. -1: one worker for each core. Throws `OptionError`. */
export function localSpawner(count: number): Spawner {
  return new LocalSpawner(checkWorkers(count, '--processes'));
}

/**
 * For `--spawn`, given once or several times. `processes`: how many workers `--processes` starts besides; the names of others on
 * this machine go on from there. Throws `OptionError`.
 */
export async function spawnersFor(texts: readonly string[], processes = 0): Promise<readonly Spawner[]> {
  const targets = texts.map((text) => readSpawnTarget(text));
  const places = targets.map(placeOf);
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) throw new OptionError(`--spawn names ${twice} twice: add up its workers and give it once`);
  return Promise.all(targets.map((target) => spawnerFor(target, processes)));
}

function placeOf(target: SpawnTarget): string {
  if (target.kind === 'local') return 'local';
  const { user, host, port } = target;
  return `ssh://${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
}

async function spawnerFor(target: SpawnTarget, processes: number): Promise<Spawner> {
  if (target.kind === 'local') return new LocalSpawner(target.workers, { firstNumber: processes });
  const { SshSpawner } = await import('./ssh/sshSpawner.js');
  return new SshSpawner(target);
}
