/**
 * Which user classes of the run a Locust worker has, and what is set on them. Pure.
 *
 * A Locust worker starts no users at all when a spawn names a class that it does not have, and reads no further message, for good,
 * when it is to set up such a class. Its reports name the classes that it has; boomer's echo what it was told. So classes that
 * a worker turns out not to have are left out, and the others are set up no sooner than their first user is due.
 */
import type { RunSetup, UserClassUpdate } from '../messages.js';
import { pythonName } from './spawnOptions.js';

/** The data of `update_user_class`. */
export type ForeignUpdate = Readonly<Record<string, unknown>>;

/** Classes of one worker: one that names others in each report would fill the memory. */
const maxKnown = 10_000;
/** How many users there are is decided here. */
const ownKeys: ReadonlySet<string> = new Set(['weight', 'fixedCount', 'fixed_count']);

export class ForeignClasses {
  readonly #known = new Set<string>();
  readonly #used = new Set<string>();
  readonly #updates = new Map<string, ForeignUpdate[]>();

  /** What holds from the beginning. */
  begin({ userConfigs }: Pick<RunSetup, 'userConfigs'>): void {
    for (const { userClass, values } of userConfigs) this.update({ userClass, ...values });
  }

  /** The worker has reported these. Returns those of the run that it does not have, the first time. */
  hear(reported: Readonly<Record<string, number>>, ofRun: readonly string[]): readonly string[] {
    const isFirst = this.#known.size === 0;
    for (const name of Object.keys(reported)) if (this.#known.size < maxKnown) this.#known.add(name);
    return isFirst ? ofRun.filter((name) => this.#isMissing(name)) : [];
  }

  /** How many users it can be told to have. */
  possible(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    return new Map([...counts].filter(([name]) => !this.#isMissing(name)));
  }

  /** What is to be sent at once. */
  update({ userClass, ...values }: UserClassUpdate & ForeignUpdate): readonly ForeignUpdate[] {
    const set = Object.entries(values).filter(([key, value]) => value !== undefined && !ownKeys.has(key));
    if (set.length === 0) return [];
    const named = Object.fromEntries(set.map(([key, value]) => [pythonName(key), value]));
    const update = { user_class_name: userClass, ...named };
    if (this.#used.has(userClass)) return [update];
    this.#updates.set(userClass, [...(this.#updates.get(userClass) ?? []), update]);
    return [];
  }

  /** What is to be sent before there are so many users. */
  due(counts: ReadonlyMap<string, number>): readonly ForeignUpdate[] {
    const names = [...counts].filter(([name, count]) => count > 0 && !this.#used.has(name)).map(([name]) => name);
    for (const name of names) this.#used.add(name);
    return names.flatMap((name) => this.#updates.get(name) ?? []);
  }

  #isMissing(name: string): boolean {
    return this.#known.size > 0 && !this.#known.has(name);
  }
}
