/**
 * Connections that have not shown the token yet.
 *
 * Bound: their number; with one more the oldest is closed, as a worker shows its token within milliseconds. And their time: whoever
 * says nothing is closed as well. How many there may be depends on how many others there are: see `openFiles.ts`.
 */
import type { Socket } from 'node:net';
import { shownAddress } from './refusals.js';

interface Stranger {
  readonly key: string;
  readonly socket: Socket;
  readonly address: string;
  /** Milliseconds of `performance.now()`. */
  readonly since: number;
}

export class Strangers {
  /** Oldest first. By remote address and port, which a TLS socket has in common with the one that it wraps. */
  readonly #all = new Map<string, Stranger>();

  constructor(private readonly closing: (address: string, reason: string) => void) {}

  /** `max`: how many there may be now, with this one; none: it is closed itself. */
  add(socket: Socket, max: number): void {
    const key = keyOf(socket);
    const address = shownAddress(socket);
    this.#all.set(key, { key, socket, address, since: performance.now() });
    socket.once('close', () => this.#all.delete(key));
    this.limit(max);
  }

  /** Closes the oldest, so that there are no more than `max`. */
  limit(max: number): void {
    for (const oldest of this.#all.values()) {
      if (this.#all.size <= max) return;
      if (max > 0) this.#close(oldest, `there are more than ${max} without a token`);
      else this.#close(oldest, 'this process may open no more files for connections (ulimit -n)');
    }
  }

  /** It has shown the token. */
  forget(socket: Socket): void {
    this.#all.delete(keyOf(socket));
  }

  /** Closes those that are older than that. */
  expire(millis: number): void {
    const before = performance.now() - millis;
    for (const stranger of this.#all.values()) {
      if (stranger.since > before) return;
      this.#close(stranger, `it did not finish the handshake within ${millis / 1000} s`);
    }
  }

  /** The server ends. */
  closeAll(): void {
    for (const { socket } of this.#all.values()) socket.destroy();
  }

  #close(stranger: Stranger, reason: string): void {
    this.#all.delete(stranger.key);
    this.closing(stranger.address, reason);
    stranger.socket.destroy();
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
