/**
 * Tries to reach a master until it works, the time is over, or a failure is the last. One attempt at a time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from '../../errors.js';
import { getLogger } from '../../log.js';
import { pauseBefore } from './backoff.js';
import { DialError } from './refusals.js';

const log = getLogger('tsload.link');
/** Seconds for the first connection unless set otherwise: Locust tries 61 times for 5 s. */
export const defaultConnectSeconds = 300;
/** Milliseconds between two lines that say that there is still no master. */
const remindMillis = 30_000;

export interface AttemptsOptions {
  readonly seconds: number;
  readonly maxPauseMillis: number;
  /** Ends it; what is thrown then is its reason. */
  readonly signal: AbortSignal;
  /** The next attempt would fail as well. */
  readonly isLast: (error: DialError) => boolean;
}

/** What `attempt` gives. Throws `ConnectionError`, or whatever else it threw. */
export async function attemptUntil<T>(attempt: () => Promise<T>, options: AttemptsOptions): Promise<T> {
  const { seconds, maxPauseMillis, signal, isLast } = options;
  const deadline = performance.now() + seconds * 1000;
  const reminder = new Reminder(seconds);
  for (let count = 0; ; count++) {
    await pause(Math.min(pauseBefore(count, maxPauseMillis, Math.random()), deadline - performance.now()), signal);
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof DialError) || isLast(thrown)) throw thrown;
      if (performance.now() >= deadline) {
        throw new ConnectionError(`${thrown.message}, for ${seconds} s`, { cause: thrown });
      }
      reminder.failed(thrown.message);
    }
  }
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (millis <= 0) return;
  await sleep(millis, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** Says at once why there is no connection, again when the reason is another one, and now and then. */
class Reminder {
  #last = '';
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly seconds: number) {}

  failed(sentence: string): void {
    const now = performance.now();
    if (sentence === this.#last && now - this.#saidAt < remindMillis) return;
    log.info(`${sentence}: trying again, for ${this.seconds} s in all`);
    this.#last = sentence;
    this.#saidAt = now;
  }
}
