/**
 * Timeouts of requests. Deadlines of equal length fall due in the order in which they were set, so each length has one list
 * and one timer, which looks at the head alone. Setting and clearing a deadline moves pointers: no timer is made for a
 * request, and a timeout is exact to the millisecond.
 */
import { nowMicros } from '../../clock.js';

/** One timeout under way. Make a subclass; `expire` is called at most once for each `add`. */
export abstract class Deadline {
  /** For DeadlineList alone. */
  next: Deadline | undefined = undefined;
  /** For DeadlineList alone. */
  previous: Deadline | undefined = undefined;
  /** For DeadlineList alone. */
  list: DeadlineList | undefined = undefined;
  dueMicros = 0;

  abstract expire(): void;

  /** Clears the deadline, if it is set. */
  clear(): void {
    this.list?.remove(this);
  }
}

class Head extends Deadline {
  expire(): void {}
}

export class DeadlineList {
  readonly #head: Deadline = new Head();
  readonly #periodMicros: number;
  #isTimerSet = false;

  constructor(milliseconds: number) {
    this.#periodMicros = Math.max(1, Math.round(milliseconds * 1000));
    this.#head.next = this.#head;
    this.#head.previous = this.#head;
  }

  get isEmpty(): boolean {
    return this.#head.next === this.#head;
  }

  /** Hot: sets a deadline to one period from `now`, or moves it there. Allocates nothing while the timer is set. */
  add(deadline: Deadline, now: number): void {
    if (deadline.list !== undefined) deadline.list.remove(deadline);
    deadline.dueMicros = now + this.#periodMicros;
    deadline.list = this;
    const last = this.#head.previous!;
    deadline.previous = last;
    deadline.next = this.#head;
    last.next = deadline;
    this.#head.previous = deadline;
    if (!this.#isTimerSet) this.#setTimer(this.#periodMicros);
  }

  /** Hot. */
  remove(deadline: Deadline): void {
    if (deadline.list !== this) return;
    deadline.previous!.next = deadline.next;
    deadline.next!.previous = deadline.previous;
    deadline.next = undefined;
    deadline.previous = undefined;
    deadline.list = undefined;
  }

  #setTimer(micros: number): void {
    this.#isTimerSet = true;
    setTimeout(() => this.#look(), Math.ceil(micros / 1000)).unref();
  }

  #look(): void {
    const now = nowMicros();
    this.#isTimerSet = false;
    for (let first = this.#head.next!; first !== this.#head; first = this.#head.next!) {
      if (first.dueMicros > now) {
        if (!this.#isTimerSet) this.#setTimer(first.dueMicros - now);
        return;
      }
      this.remove(first);
      first.expire();
    }
  }
}

const lists = new Map<number, DeadlineList>();

/** The list of one length, shared by all who use it. Lists that stand empty are dropped when there are many. */
export function deadlinesOf(milliseconds: number): DeadlineList {
  const known = lists.get(milliseconds);
  if (known !== undefined) return known;
  if (lists.size >= 100) for (const [length, list] of lists) if (list.isEmpty) lists.delete(length);
  const made = new DeadlineList(milliseconds);
  lists.set(milliseconds, made);
  return made;
}
