/**
 * Tells the master each second that this worker is there, what it is doing and what it uses; and tells listeners that the master
 * has answered. `heartbeatSent` is that answer, seen from the master.
 */
import { epochSeconds } from '../clock.js';
import { type Environment, isControl } from '../events/index.js';
import type { WorkerEnd, WorkerMessage } from '../link/index.js';
import { ProcessUsage } from './processUsage.js';

type Heartbeat = WorkerMessage & { readonly kind: 'heartbeat' };

export interface HeartbeatOptions {
  readonly clientId: string;
  readonly environment: Environment;
  readonly link: WorkerEnd;
  /** 0: none are sent. */
  readonly seconds: number;
  state(): Heartbeat['state'];
  /** Called before each. */
  before(): void;
}

export class Heartbeats {
  readonly #usage = new ProcessUsage();
  #isFirst = true;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: HeartbeatOptions) {
    if (options.seconds <= 0) return;
    this.#timer = setInterval(() => this.#send(), options.seconds * 1000).unref();
    setImmediate(() => this.#send());
  }

  /** The master has answered one. A control exception of a listener steers nothing here. */
  answered(): void {
    const { environment, clientId } = this.options;
    const { heartbeatReceived } = environment.events;
    if (!heartbeatReceived.isListened) return;
    try {
      heartbeatReceived.fire({ clientId, timestamp: epochSeconds() });
    } catch (thrown) {
      if (!isControl(thrown)) throw thrown;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    this.options.before();
    const { link } = this.options;
    const { isUp, roundTripMillis, clockOffsetSeconds } = link.vitals;
    if (!isUp) return;
    const usage = this.#usage.take();
    link.send({
      kind: 'heartbeat',
      state: this.options.state(),
      ...usage,
      ...(this.#isFirst && { cpuPercent: 0 }), // of the moment since the start it would say nothing
      ...(roundTripMillis !== undefined && { roundTripMillis, clockOffsetSeconds }),
    });
    this.#isFirst = false;
  }
}
