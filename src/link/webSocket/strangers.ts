/**
 * Connections that have not shown the token yet.
 *
 * Bound: their number; with one more the oldest is closed, as a worker shows its token within milliseconds. And their time: whoever
 * says nothing is closed as well.
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

  add(socket: Socket, max: number): void {
    const key = keyOf(socket);
    const address = shownAddress(socket);
    this.#all.set(key, { key, socket, address, since: performance.now() });
    socket.once('close', () => this.#all.delete(key));
    const [oldest] = this.#all.values();
    if (this.#all.size > max && oldest !== undefined) this.#close(oldest, `there are more than ${max} without a token`);
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
