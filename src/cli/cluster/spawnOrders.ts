/**
 * What the workers are told that a master starts itself.
 */
import { OptionError } from '../../errors.js';
import { localSpawner, readSpawnTarget, type Spawner, type SpawnTarget, spawnersFor } from '../../spawn/index.js';
import { clusterOptions } from '../options/clusterOptions.js';
import type { CustomSpec } from '../options/customArguments.js';
import type { Sources } from '../options/settings.js';
import { childWords } from './childWords.js';
import type { Order } from './ownWorkers.js';
import { isLoopback, type MasterRole } from './role.js';

export interface OrderFacts {
  readonly role: MasterRole;
  readonly sources: Sources;
  readonly custom: readonly CustomSpec[];
  /** The master can send its locustfile. */
  readonly isDelivered: boolean;
  /** The master takes encrypted connections only, but on a port of 127.0.0.1 for these workers. */
  readonly isEncrypted: boolean;
}

/**
 * Seconds that they have to reach this master, which listens before they are started: as long as a host has to start them. It is about the
 * network alone; their locustfile may take longer to load.
 */
const connectSeconds = 120;

/** The orders, as soon as port and token are known. Throws `OptionError` for places that cannot be read, so ask early. */
export async function workerOrders(facts: OrderFacts): Promise<(port: number, token: string) => readonly Order[]> {
  const { role, sources, custom, isDelivered, isEncrypted } = facts;
  const wordsAt = (isLocal: boolean): readonly string[] => {
    const words = childWords(sources.words, custom, { isLocal, takesLocustfile: isDelivered });
    return [`--${clusterOptions.connectWithin.name}=${connectSeconds}`, ...words];
  };
  const targets = role.spawns.map((text) => readSpawnTarget(text));
  for (const target of targets) checkDirect(target, role, isEncrypted);
  const spawners: { readonly spawner: Spawner; readonly words: readonly string[] }[] = [];
  if (role.processes > 0) spawners.push({ spawner: localSpawner(role.processes), words: wordsAt(true) });
  for (const [index, spawner] of (await spawnersFor(role.spawns, role.processes)).entries()) {
    spawners.push({ spawner, words: wordsAt(targets[index]?.kind === 'local') });
  }
  const isEverywhere = isEncrypted || ['*', '0.0.0.0', '::'].includes(role.bindHost);
  const masterHost = isEverywhere ? '127.0.0.1' : role.bindHost;
  return (masterPort, token) =>
    spawners.map(({ spawner, words }) => ({ spawner, order: { masterHost, masterPort, words, secrets: { token } } }));
}

/** A worker that comes to the master directly, not through ssh, has to get there, and to know whom to trust. */
function checkDirect(target: SpawnTarget, { bindHost }: MasterRole, isEncrypted: boolean): void {
  if (target.kind !== 'ssh' || target.master === undefined) return;
  const place = `--spawn ssh://${target.host}`;
  if (isEncrypted) {
    throw new OptionError(
      `${place} cannot have master= with --tls-cert, as its workers do not know whom to trust: leave master= out, and they come through ssh, encrypted`,
    );
  }
  if (isLoopback(bindHost) && !isLoopback(target.master.host)) {
    throw new OptionError(
      `${place} says master=${target.master.host}, but the master listens on this machine only (${bindHost}): give --master-bind-host, or leave master= out`,
    );
  }
}
