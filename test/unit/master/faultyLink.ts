/**
 * A link within this process that breaks when a test says so: what is sent meanwhile is kept, as by a link over the network, and
 * heartbeats are not.
 */
import type {
  LinkListener,
  LinkVitals,
  MasterEnd,
  MasterMessage,
  WorkerEnd,
  WorkerMessage,
} from '../../../src/link/index.js';

export interface FaultyLink {
  readonly master: MasterEnd;
  readonly worker: WorkerEnd;
  /** The connection is lost, and both ends know it. */
  interrupt(): void;
  /** Nothing gets through, and nobody knows it: a frozen process, a cable that was pulled. */
  hold(): void;
  /** The connection is there again, or what was held goes on its way. */
  resume(): void;
  /** The worker's process is killed: nothing comes from it any more, whatever happens. */
  kill(): void;
  /** The worker finds a master that does not know it any more: the master's end of the new link. What was under way is lost. */
  renew(): MasterEnd;
  /** The connection cannot be made again. */
  lose(reason: string): void;
  /** What the master has sent, in order, whether it arrived or not. */
  readonly told: readonly MasterMessage[];
}

type Condition = 'up' | 'held' | 'interrupted' | 'killed' | 'closed';

interface Shared {
  condition: Condition;
}

export function aFaultyLink(): FaultyLink {
  let shared: Shared = { condition: 'up' };
  let master = new FaultyEnd<MasterMessage, WorkerMessage>(shared);
  const worker = new FaultyEnd<WorkerMessage, MasterMessage>(shared);
  master.peer = worker;
  worker.peer = master;
  const both = () => [master, worker];
  return {
    get master() {
      return master;
    },
    worker,
    get told() {
      return master.sent;
    },
    interrupt: () => {
      shared.condition = 'interrupted';
      for (const end of both()) end.tell((listener) => listener.interrupted?.('a test cut it'));
    },
    hold: () => {
      shared.condition = 'held';
    },
    resume: () => {
      const wasInterrupted = shared.condition === 'interrupted';
      shared.condition = 'up';
      for (const end of both()) {
        if (wasInterrupted) end.tell((listener) => listener.resumed?.());
        end.schedule();
      }
    },
    kill: () => {
      shared.condition = 'killed';
      master.tell((listener) => listener.interrupted?.('the connection was reset'));
    },
    renew: () => {
      master.peer = undefined; // what the former master sends from now on goes nowhere
      shared = { condition: 'up' };
      master = new FaultyEnd<MasterMessage, WorkerMessage>(shared);
      worker.beginAnew(master, shared);
      master.peer = worker;
      return master;
    },
    lose: (reason) => {
      shared.condition = 'closed';
      for (const end of both()) end.tell((listener) => listener.closed(new Error(reason)));
    },
  };
}

class FaultyEnd<Outgoing extends { readonly kind: string }, Incoming extends { readonly kind: string }> {
  peer: FaultyEnd<Incoming, Outgoing> | undefined;
  readonly sent: Outgoing[] = [];
  #listener: LinkListener<Incoming> | undefined;
  #arrived: Incoming[] = [];
  #provenAt = performance.now();
  #isScheduled = false;
  /** What the listener has still to hear of the connection. */
  #untold = 0;

  constructor(private shared: Shared) {}

  get vitals(): LinkVitals {
    const isUp = this.shared.condition === 'up' || this.shared.condition === 'held';
    return { isUp, provenAt: this.#provenAt, roundTripMillis: 1, clockOffsetSeconds: 0 };
  }

  listen(listener: LinkListener<Incoming>): void {
    this.#listener = listener;
    this.schedule();
  }

  send(message: Outgoing): void {
    const { condition } = this.shared;
    if (condition === 'closed') return;
    this.sent.push(message);
    if (message.kind === 'heartbeat' && condition !== 'up') return;
    this.peer?.arrive(message);
  }

  /** The ends that are connected hear of it, a turn later, after what was sent before. */
  close(): void {
    const { shared } = this;
    if (shared.condition === 'closed') return;
    const ends = shared.condition === 'up' ? [this, this.peer] : [this];
    setImmediate(() =>
      setImmediate(() => {
        if (ends.length === 2) shared.condition = 'closed';
        for (const end of ends) end?.closeNow();
      }),
    );
  }

  beginAnew(peer: FaultyEnd<Incoming, Outgoing>, shared: Shared): void {
    this.peer = peer;
    this.shared = shared;
    this.#arrived = [];
    this.tell((listener) => listener.renewed?.());
  }

  closeNow(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.closed();
  }

  tell(what: (listener: LinkListener<Incoming>) => void): void {
    this.#untold++;
    setImmediate(() => {
      this.#untold--;
      if (this.#listener !== undefined) what(this.#listener);
    });
  }

  arrive(message: Incoming): void {
    this.#arrived.push(message);
    this.schedule();
  }

  schedule(): void {
    if (this.#isScheduled || this.#listener === undefined) return;
    this.#isScheduled = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#isScheduled = false;
    if (this.shared.condition !== 'up') return;
    if (this.#untold > 0) {
      this.schedule(); // what became of the connection is heard first
      return;
    }
    const arrived = this.#arrived;
    this.#arrived = [];
    if (arrived.length > 0) this.#provenAt = performance.now();
    for (const message of arrived) this.#listener?.message(message);
  }
}
