/**
 * The live users of a worker, by class, in the order in which they started: a ramp down takes the latest first.
 *
 * A user that ends leaves a hole, and holes are closed when they are the larger part, so that starting, ending and taking
 * back cost the same with 10 users and with 100,000.
 */
import type { User } from '../users/index.js';

/** A user that was started and has not ended. */
export interface LiveUser {
  readonly user: User;
  readonly userClass: string;
  /** It was told to stop. */
  isLeaving: boolean;
  /** Resolves when the user has ended. */
  over: Promise<void>;
  /** For the pool alone. */
  place: number;
}

interface ClassUsers {
  places: (LiveUser | undefined)[];
  live: number;
  /** Live and not told to stop. */
  staying: number;
}

export class UserPool {
  readonly #byClass = new Map<string, ClassUsers>();
  #size = 0;

  /** Live users, those that are leaving included. */
  get size(): number {
    return this.#size;
  }

  /** Live users by class; classes that never had one are missing. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#byClass].map(([name, { live }]) => [name, live]));
  }

  /** Users of a class that were not told to stop. */
  stayingOf(userClass: string): number {
    return this.#byClass.get(userClass)?.staying ?? 0;
  }

  add(userClass: string, user: User): LiveUser {
    let users = this.#byClass.get(userClass);
    if (users === undefined) {
      users = { places: [], live: 0, staying: 0 };
      this.#byClass.set(userClass, users);
    }
    const entry = { user, userClass, isLeaving: false, over: Promise.resolve(), place: users.places.length };
    users.places.push(entry);
    users.live++;
    users.staying++;
    this.#size++;
    return entry;
  }

  /** The user has ended. Twice is once. */
  remove(entry: LiveUser): void {
    const users = this.#byClass.get(entry.userClass);
    if (users === undefined || users.places[entry.place] !== entry) return;
    users.places[entry.place] = undefined;
    users.live--;
    this.#size--;
    if (!entry.isLeaving) users.staying--;
    if (users.places.length >= 64 && users.live * 2 < users.places.length) closeHoles(users);
  }

  /** Marks up to `count` users of a class as leaving, the latest first, and returns them. */
  takeLatest(userClass: string, count: number): LiveUser[] {
    const users = this.#byClass.get(userClass);
    const taken: LiveUser[] = [];
    if (users === undefined) return taken;
    for (let at = users.places.length - 1; taken.length < count && at >= 0; at--) {
      const entry = users.places[at];
      if (entry === undefined || entry.isLeaving) continue;
      entry.isLeaving = true;
      users.staying--;
      taken.push(entry);
    }
    return taken;
  }

  /** Marks all users as leaving and returns all live ones, those that were leaving included. */
  takeAll(): LiveUser[] {
    const taken: LiveUser[] = [];
    for (const users of this.#byClass.values()) {
      for (const entry of users.places) {
        if (entry === undefined) continue;
        entry.isLeaving = true;
        taken.push(entry);
      }
      users.staying = 0;
    }
    return taken;
  }

  *[Symbol.iterator](): Generator<LiveUser> {
    for (const { places } of this.#byClass.values()) {
      for (const entry of places) if (entry !== undefined) yield entry;
    }
  }
}

function closeHoles(users: ClassUsers): void {
  users.places = users.places.filter((entry) => entry !== undefined);
  for (const [place, entry] of users.places.entries()) if (entry !== undefined) entry.place = place;
}
