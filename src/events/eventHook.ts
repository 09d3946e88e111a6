/**
 * One event and its listeners, with Locust's meaning: listeners run in the order in which they were added; one that throws
 * is logged and the others still run; a control exception goes straight to whoever fires, and the rest are skipped.
 */
import { getLogger } from '../log.js';
import { tracebackOf } from '../traceback.js';
import { isControl } from './control.js';

/** A listener. It may be async: what it rejects with is logged like a throw; lifecycle events wait for it. */
export type Listener<Event> = (event: Event) => unknown;

const log = getLogger('tsload.event');

/** Seconds after which a listener that the run waits for is named in the log, again and again. */
const patienceSeconds = 10;

export class EventHook<Event> {
  protected listeners: readonly Listener<Event>[] = [];

  constructor(
    readonly name: string,
    /** Called for every listener that throws or rejects with anything but a control exception. */
    private readonly onFailure: () => void = () => {},
    /** Seconds after which a listener is waited for no longer and has failed: for events that end a test. */
    private readonly limitSeconds = Number.POSITIVE_INFINITY,
  ) {}

  /** Hot: whether building an event is worth it. */
  get isListened(): boolean {
    return this.listeners.length > 0;
  }

  /** Adds a listener and returns it. Locust: `add_listener`. */
  addListener<L extends Listener<Event>>(listener: L): L {
    this.listeners = [...this.listeners, listener];
    return listener;
  }

  /** Removes a listener; unknown ones are ignored. Locust: `remove_listener`. */
  removeListener(listener: Listener<Event>): void {
    const index = this.listeners.indexOf(listener);
    if (index >= 0) this.listeners = this.listeners.filter((_, i) => i !== index);
  }

  /**
   * Calls the listeners and does not wait for async ones. Throws only the control exception of a listener that is not async.
   * Locust: `fire`. `reverse` calls the last listener first.
   */
  fire(event: Event, options?: { readonly reverse?: boolean }): void {
    for (const listener of options?.reverse ? [...this.listeners].reverse() : this.listeners) {
      const result = this.call(listener, event);
      if (result instanceof Promise) result.catch((thrown: unknown) => this.failedLater(thrown));
    }
  }

  /** As `fire`, one listener after the other, each waited for. Returns whether all went well. */
  async fireAndWait(event: Event, options?: { readonly reverse?: boolean }): Promise<boolean> {
    let allWell = true;
    for (const listener of options?.reverse ? [...this.listeners].reverse() : this.listeners) {
      try {
        await this.patiently(listener(event));
      } catch (thrown) {
        if (isControl(thrown)) throw thrown;
        this.failed(thrown);
        allWell = false;
      }
    }
    return allWell;
  }

  /** Waits for what a listener returned, and says so while that takes long. */
  private async patiently(result: unknown): Promise<void> {
    let waitedSeconds = 0;
    let timer: NodeJS.Timeout | undefined;
    const givenUp = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        waitedSeconds += patienceSeconds;
        if (waitedSeconds < this.limitSeconds) {
          log.warning(`a listener of ${this.name} has not finished after ${waitedSeconds} s: the run waits for it`);
        } else {
          reject(new Error(`it has not finished after ${waitedSeconds} s, so the run goes on without it`));
        }
      }, patienceSeconds * 1000).unref();
    });
    try {
      await Promise.race([result, givenUp]);
    } finally {
      clearInterval(timer);
    }
  }

  private call(listener: Listener<Event>, event: Event): unknown {
    try {
      return listener(event);
    } catch (thrown) {
      if (isControl(thrown)) throw thrown;
      this.failed(thrown);
      return undefined;
    }
  }

  /** What an async listener rejects with comes too late to steer whoever fired. */
  private failedLater(thrown: unknown): void {
    if (!isControl(thrown)) this.failed(thrown);
    else log.warning(`an async listener of ${this.name} threw ${thrown.name} after the event, which steers nothing`);
  }

  private failed(thrown: unknown): void {
    log.error(`a listener of ${this.name} failed: ${tracebackOf(thrown)}`);
    this.onFailure();
  }
}
