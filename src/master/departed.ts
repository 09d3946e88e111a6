/**
 * Workers that are gone and may come back. Something is kept of each, so that it is counted once and has its old place then: of the
 * last ten thousand, and of all that still have time to come back. Pure: the caller says what time it is.
 */

/** So many are remembered, however long they are gone. */
const remembered = 10_000;
/** Looks in one go, so that many that cannot be forgotten yet cost little. */
const looks = 100;

export class Departed {
  /** Milliseconds of the process's clock until which each may come back; who went first, or was not looked at for longest, stands first. */
  readonly #until = new Map<string, number>();

  left(id: string, graceSeconds: number, now: number): void {
    this.#until.delete(id);
    this.#until.set(id, now + graceSeconds * 1000);
  }

  returned(id: string): void {
    this.#until.delete(id);
  }

  /** Forgets those that are too many. `forget` returns false for one of which something is needed still. */
  trim(now: number, forget: (id: string) => boolean): void {
    let look = 0;
    for (const [id, until] of this.#until) {
      if (this.#until.size <= remembered || look++ === looks) return;
      this.#until.delete(id);
      if (until >= now || !forget(id)) this.#until.set(id, until);
    }
  }
}
