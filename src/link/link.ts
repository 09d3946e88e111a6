/**
 * One end of a connection between a master and a worker. Bodies: `memory.ts`, `webSocket/`, `locust/` (ZeroMQ).
 *
 * A link keeps the order of messages and delivers each exactly once while both processes live, also over a connection that
 * breaks and is made again; heartbeats alone are never kept. It never delivers inside `send`: whoever sends is finished before
 * anybody hears of it.
 */

export interface LinkListener<Incoming> {
  message(message: Incoming): void;
  /** The connection is lost. What is sent is kept, and the worker's end tries to make it again. Not in one process. */
  interrupted?(reason: string): void;
  /** The connection is there again, and so is everything that was sent meanwhile, once. */
  resumed?(): void;
  /**
   * Worker's end only: there is a connection again, but to a master that does not know this worker any more, because it was
   * started anew. Messages that were under way are lost; the hello of the worker went to it, and its welcome follows.
   */
  renewed?(): void;
  /** Once. `reason` is absent when either side closed it on purpose. */
  closed(reason?: Error): void;
}

/** What a link knows of its other end. */
export interface LinkVitals {
  /** There is a connection. */
  readonly isUp: boolean;
  /**
   * Milliseconds of `performance.now()`. Worker's end: when the latest heartbeat that was answered was sent, so the master
   * knew the worker after this moment. Master's end: when the latest message came. A link within one process: now.
   */
  readonly provenAt: number;
  /** Of a heartbeat; absent before the first one was answered. */
  readonly roundTripMillis: number | undefined;
  /** Worker's end: seconds to add to this process's clock to have the master's. 0 in one process. */
  readonly clockOffsetSeconds: number;
}

export interface Link<Outgoing, Incoming> {
  readonly vitals: LinkVitals;
  /** Messages that came before are delivered to the listener first. To be called once. */
  listen(listener: LinkListener<Incoming>): void;
  /** After `close` messages are dropped. */
  send(message: Outgoing): void;
  /** What was sent before is still delivered, if there is a connection. Twice is once. */
  close(): void;
}
