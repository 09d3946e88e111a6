/**
 * What the workers are told that a master starts itself.
 */
import { localSpawner, readSpawnTarget, type Spawner, spawnersFor } from '../../spawn/index.js';
import type { CustomSpec } from '../options/customArguments.js';
import type { Sources } from '../options/settings.js';
import { type ChildPlace, childWords } from './childWords.js';
import type { Order } from './ownWorkers.js';
import type { MasterRole } from './role.js';

export interface OrderFacts {
  readonly role: MasterRole;
  readonly sources: Sources;
  readonly custom: readonly CustomSpec[];
  /** The master can send its locustfile. */
  readonly isDelivered: boolean;
}

/** The orders, as soon as port and token are known. Throws `OptionError` for places that cannot be read, so ask early. */
export async function workerOrders(facts: OrderFacts): Promise<(port: number, token: string) => readonly Order[]> {
  const { role, sources, custom, isDelivered } = facts;
  const wordsAt = (isLocal: boolean): readonly string[] => {
    const place: ChildPlace = { master: 'own', isLocal, takesLocustfile: isDelivered };
    return childWords(sources.words, custom, place);
  };
  const spawners: { readonly spawner: Spawner; readonly words: readonly string[] }[] = [];
  if (role.processes > 0) spawners.push({ spawner: localSpawner(role.processes), words: wordsAt(true) });
  for (const [index, spawner] of (await spawnersFor(role.spawns)).entries()) {
    const isLocal = readSpawnTarget(role.spawns[index] ?? '').kind === 'local';
    spawners.push({ spawner, words: wordsAt(isLocal) });
  }
  const masterHost = ['*', '0.0.0.0', '::'].includes(role.bindHost) ? '127.0.0.1' : role.bindHost;
  return (masterPort, token) =>
    spawners.map(({ spawner, words }) => ({ spawner, order: { masterHost, masterPort, words, secrets: { token } } }));
}
