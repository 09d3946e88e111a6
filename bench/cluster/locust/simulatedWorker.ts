/**
 * A worker as a Locust master sees one: it registers, says that its users are there, reports every three seconds, sends a heartbeat
 * a second, and leaves when it is told to.
 */
import type { Dealer } from 'zeromq';
import { epochSeconds } from '../../../src/clock.js';
import { packEnvelope, readEnvelope } from '../../../src/link/locust/envelope.js';
import { type ReportBytes, reportSeconds } from './reportBytes.js';

export const usersOfWorker = 10;

export class SimulatedLocustWorker {
  requests = 0;
  roundTrips: number[] = [];
  isWelcome = false;
  isRunning = false;
  isClosed = false;
  #timers: NodeJS.Timeout[] = [];
  #beatsAt: number[] = [];
  #sent: Promise<void> = Promise.resolve();

  constructor(
    private readonly index: number,
    readonly id: string,
    private readonly dealer: Dealer,
    private readonly reports: ReportBytes | undefined,
    private readonly heartbeatMillis: number,
  ) {}

  /** Ends when the master has let it go. */
  async run(): Promise<void> {
    this.#send('client_ready', -1);
    this.#every(this.heartbeatMillis, () => this.#beat());
    for await (const [payload] of this.dealer) {
      if (payload !== undefined) this.#receive(readEnvelope(payload).type);
    }
  }

  #beat(): void {
    this.#beatsAt.push(performance.now());
    const state = this.isRunning ? 'running' : 'ready';
    this.#send('heartbeat', { state, current_cpu_usage: 40.5, current_memory_usage: 90_000_000 });
  }

  #receive(type: string): void {
    switch (type) {
      case 'ack':
        this.isWelcome = true;
        return;
      case 'heartbeat':
        this.roundTrips.push(performance.now() - (this.#beatsAt.shift() ?? Number.NaN));
        return;
      case 'spawn':
        this.#spawn();
        return;
      case 'stop':
        this.isRunning = false;
        this.#send('client_stopped', null);
        this.#send('client_ready', -1);
        return;
      case 'quit':
        this.#leave();
        return;
      default:
    }
  }

  #spawn(): void {
    this.#send('spawning', null);
    const counts = new Map([['Simulated', usersOfWorker]]);
    this.#send('spawning_complete', { user_classes_count: counts, user_count: usersOfWorker });
    if (this.isRunning) return;
    this.isRunning = true;
    this.#every(reportSeconds * 1000, () => this.isRunning && this.#report());
  }

  #report(): void {
    const report = this.reports?.reportOf(this.index, epochSeconds());
    if (report === undefined) return;
    this.requests += report.requests;
    const id = Buffer.from(this.id);
    this.#sendBytes(Buffer.concat([report.head, Buffer.from([0xd9, id.length]), id]));
  }

  #leave(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#send('quit', null);
    this.isClosed = true;
    void this.#sent.then(() => this.dealer.close());
  }

  /** Spread over the period, as those of a thousand processes are. */
  #every(millis: number, act: () => void): void {
    const first = setTimeout(() => {
      act();
      this.#timers.push(setInterval(act, millis));
    }, Math.random() * millis);
    this.#timers.push(first);
  }

  #send(type: string, data: unknown): void {
    this.#sendBytes(packEnvelope({ type, data, nodeId: this.id }));
  }

  /** One after the other: ZeroMQ takes a message when the one before is taken. */
  #sendBytes(bytes: Buffer): void {
    this.#sent = this.#sent.then(() => this.dealer.send(bytes));
    this.#sent.catch((thrown: unknown) => process.stderr.write(`${this.id}: ${String(thrown)}\n`));
  }
}
