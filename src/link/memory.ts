/**
 * A link within one process: what one end sends, the other hears a turn of the event loop later, in order. A listener that throws
 * ends it, as it would over a network.
 */
import { ConnectionError } from '../errors.js';
import { describeThrown, getLogger } from '../log.js';
import type { Link, LinkListener, LinkVitals } from './link.js';
import type { MasterMessage, WorkerMessage } from './messages.js';

export type MasterEnd = Link<MasterMessage, WorkerMessage>;
export type WorkerEnd = Link<WorkerMessage, MasterMessage>;

/** The two ends of a new link. */
export function createMemoryLink(): { readonly master: MasterEnd; readonly worker: WorkerEnd } {
  const master = new MemoryEnd<MasterMessage, WorkerMessage>();
  const worker = new MemoryEnd<WorkerMessage, MasterMessage>();
  master.join(worker);
  worker.join(master);
  return { master, worker };
}

const log = getLogger('tsload.link');

type Delivery<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'closed'; readonly reason: Error | undefined };

class MemoryEnd<Outgoing, Incoming> implements Link<Outgoing, Incoming> {
  #peer: MemoryEnd<Incoming, Outgoing> | undefined;
  #listener: LinkListener<Incoming> | undefined;
  #isOpen = true;
  /** Not bounded: both ends share one memory, and the other end empties it within a turn of the event loop. */
  #arrived: Delivery<Incoming>[] = [];
  #isScheduled = false;

  get vitals(): LinkVitals {
    return { isUp: this.#isOpen, provenAt: performance.now(), roundTripMillis: 0, clockOffsetSeconds: 0 };
  }

  join(peer: MemoryEnd<Incoming, Outgoing>): void {
    this.#peer = peer;
  }

  listen(listener: LinkListener<Incoming>): void {
    this.#listener = listener;
    this.#schedule();
  }

  send(message: Outgoing): void {
    if (this.#isOpen) this.#peer?.arrive({ kind: 'message', message });
  }

  close(): void {
    this.#close();
  }

  #close(reason?: Error): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#peer?.arrive({ kind: 'closed', reason });
    this.arrive({ kind: 'closed', reason });
  }

  arrive(delivery: Delivery<Incoming>): void {
    this.#arrived.push(delivery);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#listener === undefined || this.#arrived.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#isScheduled = false;
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const delivery of arrived) this.#guarded(() => this.#tell(delivery));
  }

  #tell(delivery: Delivery<Incoming>): void {
    const listener = this.#listener;
    if (delivery.kind === 'message') {
      listener?.message(delivery.message);
      return;
    }
    this.#isOpen = false;
    this.#listener = undefined;
    if (delivery.reason === undefined) listener?.closed();
    else listener?.closed(delivery.reason);
  }

  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (thrown) {
      log.error(`what came over a link could not be handled: ${describeThrown(thrown)}`);
      this.#close(new ConnectionError('a message could not be handled', { cause: thrown }));
    }
  }
}
