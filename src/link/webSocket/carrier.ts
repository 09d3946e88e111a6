/**
 * One WebSocket as a link needs it: binary frames, one ear at a time, and one word at its end.
 */
import type { WebSocket } from 'ws';

export interface CarrierEar {
  frame(bytes: Buffer): void;
  /** The connection is gone; nothing is heard after this. */
  lost(reason: string): void;
  /** The other end does not speak the protocol; nothing is heard after this. */
  malformed(reason: string): void;
}

/** Bytes that wait to be written, from which on pings are not answered. */
const maxPongBytes = 65_536;

export class Carrier {
  #ear: CarrierEar | undefined;
  #error: Error | undefined;
  /** Milliseconds of `performance.now()`. */
  #heardAt = performance.now();

  constructor(private readonly socket: WebSocket) {
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    socket.on('error', (error) => this.#failed(error));
    socket.on('ping', (data) => this.#pinged(data));
    socket.on('close', (code, reason) => this.#closed(code, reason.toString()));
  }

  /** When the last frame came, in milliseconds of `performance.now()`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Bytes that were sent and are not written yet. */
  get bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  hear(ear: CarrierEar): void {
    this.#ear = ear;
  }

  /** After a time in which this process itself was not running. */
  excuseSilence(): void {
    this.#heardAt = performance.now();
  }

  /** `written`: there may be room again. */
  send(frame: Uint8Array, written?: () => void): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(frame, { binary: true }, written);
  }

  setReading(isReading: boolean): void {
    if (isReading) this.socket.resume();
    else this.socket.pause();
  }

  /** Ends it when what was sent is written, or after that time. The ear hears that it is lost. */
  end(millis: number): void {
    if (this.socket.readyState === this.socket.CLOSED) return;
    const limit = setTimeout(() => this.socket.terminate(), millis);
    this.socket.once('close', () => clearTimeout(limit));
    this.socket.resume();
    this.socket.close(1000);
  }

  /** Ends it now; its ear hears nothing more. */
  drop(): void {
    this.#ear = undefined;
    this.socket.terminate();
  }

  /** The link has heartbeats of its own; pings are answered as far as the other end reads the answers. */
  #pinged(data: Buffer): void {
    if (this.socket.readyState === this.socket.OPEN && this.bufferedBytes < maxPongBytes) this.socket.pong(data);
  }

  /** At once: whoever sends nonsense may not answer to a close either. */
  #failed(error: Error): void {
    this.#error = error;
    if (isMalformed(error)) this.#takeEar()?.malformed(`a frame is malformed: ${error.message}`);
  }

  #message(data: unknown, isBinary: boolean): void {
    this.#heardAt = performance.now();
    if (isBinary && Buffer.isBuffer(data)) this.#ear?.frame(data);
    else this.#takeEar()?.malformed('a frame is a text and not binary');
  }

  #closed(code: number, reason: string): void {
    const ear = this.#takeEar();
    if (code === 1009) {
      ear?.malformed('a frame was larger than the other end takes');
    } else {
      ear?.lost(this.#error?.message ?? (code === 1006 ? 'it broke off' : `closed by the other end ${reason}`.trim()));
    }
  }

  #takeEar(): CarrierEar | undefined {
    const ear = this.#ear;
    this.#ear = undefined;
    return ear;
  }
}

/** What ws says of a frame that breaks the protocol, or is larger than it may be. */
function isMalformed(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('WS_ERR_');
}
