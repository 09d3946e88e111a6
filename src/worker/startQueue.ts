/**
 * The users that a worker still has to start, in the order of their times. Pure.
 *
 * Parallel arrays: at 1,000 users a second and more, an object for each would be the larger part of the work.
 */
export class StartQueue {
  #times: number[] = [];
  #classes: string[] = [];
  /** Everything before this place is taken. */
  #first = 0;
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#times.length - this.#first;
  }

  /** Seconds since 1970; `undefined` when the queue is empty. */
  get nextTime(): number | undefined {
    return this.#times[this.#first];
  }

  countOf(userClass: string): number {
    return this.#counts.get(userClass) ?? 0;
  }

  /** Adds users of one class; `times` ascending. Of two users with the same time the one added first starts first. */
  add(userClass: string, times: readonly number[]): void {
    if (times.length === 0) return;
    const last = this.#times.at(-1);
    const isInOrder = this.size === 0 || last === undefined || last <= times[0]!;
    for (const time of times) {
      this.#times.push(time);
      this.#classes.push(userClass);
    }
    this.#count(userClass, times.length);
    if (!isInOrder) this.#sort();
  }

  /** Class of the next user whose time has come; `undefined` when there is none. */
  takeDue(now: number): string | undefined {
    const time = this.#times[this.#first];
    if (time === undefined || time > now) return undefined;
    const userClass = this.#classes[this.#first]!;
    this.#first++;
    this.#count(userClass, -1);
    if (this.#first >= 1024 && this.#first * 2 > this.#times.length) this.#forgetTaken();
    return userClass;
  }

  /** Takes back up to `count` users of a class, the latest first. Returns how many it were. */
  takeBack(userClass: string, count: number): number {
    let left = Math.min(count, this.countOf(userClass));
    const taken = left;
    for (let at = this.#times.length - 1; left > 0 && at >= this.#first; at--) {
      if (this.#classes[at] !== userClass) continue;
      this.#times.splice(at, 1);
      this.#classes.splice(at, 1);
      left--;
    }
    this.#count(userClass, -taken);
    return taken;
  }

  clear(): void {
    this.#times = [];
    this.#classes = [];
    this.#first = 0;
    this.#counts.clear();
  }

  #count(userClass: string, change: number): void {
    this.#counts.set(userClass, this.countOf(userClass) + change);
  }

  #forgetTaken(): void {
    this.#times = this.#times.slice(this.#first);
    this.#classes = this.#classes.slice(this.#first);
    this.#first = 0;
  }

  #sort(): void {
    this.#forgetTaken();
    const order = this.#times.map((_, at) => at).sort((a, b) => this.#times[a]! - this.#times[b]! || a - b);
    this.#times = order.map((at) => this.#times[at]!);
    this.#classes = order.map((at) => this.#classes[at]!);
  }
}
