/**
 * A stretch of network between a worker and its master on loopback, that does what a test says: cuts connections, at a byte if
 * need be, takes none, holds back what comes without a word, or passes it on late.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'toMaster' | 'toWorker';

export class Relay implements AsyncDisposable {
  /** Bytes that were passed on, all connections together. */
  readonly passed: Record<Direction, number> = { toMaster: 0, toWorker: 0 };
  /** Connections that were taken. */
  connections = 0;
  #pairs = new Set<readonly [Socket, Socket]>();
  #isTaking = true;
  #isHeld = false;
  #delayMillis = 0;
  #cutAt: { readonly direction: Direction; readonly bytes: number } | undefined;

  private constructor(
    private readonly server: Server,
    private target: number,
  ) {
    server.on('connection', (socket) => this.#take(socket));
  }

  static async open(target: number): Promise<Relay> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Relay(server, target);
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Connections that there are. */
  get open(): number {
    return this.#pairs.size;
  }

  /** All connections end, and new ones can be made at once. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Once: when so many more bytes have passed in that direction, all of them before and none after. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#cutAt = { direction, bytes: this.passed[direction] + bytes };
  }

  /** Connections are refused from now on. */
  refuse(): void {
    this.#isTaking = false;
    this.cut();
  }

  /** Connections stay, and nothing comes through any more: a cable that was pulled. */
  hold(): void {
    this.#isHeld = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  delay(millis: number): void {
    this.#delayMillis = millis;
  }

  /** Everything passes again. `target`: from now on to that port. */
  mend(target = this.target): void {
    this.target = target;
    this.#isTaking = true;
    this.#isHeld = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  #take(worker: Socket): void {
    if (!this.#isTaking) {
      worker.destroy();
      return;
    }
    this.connections++;
    const master = connect(this.target, '127.0.0.1');
    const pair = [worker, master] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
    worker.on('data', (data) => this.#pass('toMaster', data, master));
    master.on('data', (data) => this.#pass('toWorker', data, worker));
    if (this.#isHeld) this.hold();
    else worker.resume();
  }

  #pass(direction: Direction, data: Buffer, to: Socket): void {
    const left = this.#cutAt?.direction === direction ? this.#cutAt.bytes - this.passed[direction] : data.length + 1;
    const passing = data.subarray(0, Math.max(0, left));
    this.passed[direction] += passing.length;
    if (data.length < left) {
      this.#write(to, passing, () => {});
      return;
    }
    this.#cutAt = undefined;
    this.#write(to, passing, () => this.cut());
  }

  #write(to: Socket, data: Buffer, written: () => void): void {
    const write = () => {
      if (!to.destroyed) to.write(data, written);
    };
    if (this.#delayMillis > 0) setTimeout(write, this.#delayMillis);
    else write();
  }
}
