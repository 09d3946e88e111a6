/**
 * One end of a connection between a master and a worker. Bodies: `memory.ts`; later a WebSocket and Locust's ZeroMQ.
 *
 * A link keeps the order of messages and delivers each at most once. It never delivers inside `send`: whoever sends is
 * finished before anybody hears of it.
 */

export interface LinkListener<Incoming> {
  message(message: Incoming): void;
  /** Once. `reason` is absent when either side closed it on purpose. */
  closed(reason?: Error): void;
}

export interface Link<Outgoing, Incoming> {
  /** Messages that came before are delivered to the listener first. To be called once. */
  listen(listener: LinkListener<Incoming>): void;
  /** After `close` messages are dropped. */
  send(message: Outgoing): void;
  /** What was sent before is still delivered. Twice is once. */
  close(): void;
}
