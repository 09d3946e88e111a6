/**
 * A worker as its master sees one: it joins, says that its users are there, reports once a second when it is its turn, sends a heartbeat a
 * second, and stops when it is told to. It has no users; what it reports was made before.
 */
import { callAt, epochSeconds } from '../../src/clock.js';
import { connectToMaster, type MasterMessage, type WorkerHello, type WorkerMessage } from '../../src/link/index.js';
import type { IntervalStats } from '../../src/stats/index.js';
import { defaultKeptLimits } from '../../src/worker/keptReports.js';
import { ReportOutbox } from '../../src/worker/reportOutbox.js';
import { requestsIn } from './load.js';

export interface MasterPlace {
  readonly port: number;
  readonly token: string;
}

const health = {
  cpuPercent: 40,
  memoryBytes: 90e6,
  loopDelayMillis: 1.5,
  loopUtilisation: 0.4,
  gcMillis: 3,
  isSaturated: false,
};

type WorkerLink = Awaited<ReturnType<typeof connectToMaster>>;

export class SimulatedWorker {
  /** In all reports that were sent. */
  requests = 0;
  /** Milliseconds from a heartbeat to its answer, since somebody looked. */
  roundTrips: number[] = [];
  isClosed = false;
  #heartbeats: NodeJS.Timeout;
  /** When the heartbeats were sent that have no answer yet, in their order. */
  readonly #beats: number[] = [];
  /** Reports. */
  #made = 0;
  readonly #outbox = new ReportOutbox({
    send: (report) => this.#send(report),
    pieces: (report) => [report],
    unsendable: (_, thrown) => {
      throw thrown;
    },
    limits: defaultKeptLimits,
    index: () => this.index,
  });
  #period = 0;
  #userCounts: Readonly<Record<string, number>> = {};
  #next: { readonly cancel: () => void } | undefined;
  #cutAt = 0;
  #state: 'ready' | 'running' = 'ready';

  private constructor(
    private readonly index: number,
    private readonly link: WorkerLink,
    private readonly intervals: readonly IntervalStats[],
    heartbeatMillis: number,
  ) {
    this.#heartbeats = setTimeout(() => {
      this.#heartbeats = setInterval(() => this.#beat(), heartbeatMillis);
    }, Math.random() * heartbeatMillis); // heartbeats of a thousand workers are spread over the second
    link.listen({
      message: (message) => this.#receive(message),
      closed: (reason) => {
        this.isClosed = true;
        clearTimeout(this.#heartbeats);
        if (reason !== undefined) process.stderr.write(`worker ${index}: ${reason.message}\n`);
      },
    });
  }

  static async join(
    index: number,
    { port, token }: MasterPlace,
    intervals: readonly IntervalStats[],
    heartbeatMillis = 1000,
  ): Promise<SimulatedWorker> {
    const worker = `simulated${index}_${index.toString(16).padStart(32, '0')}`;
    const hello = (): WorkerHello => ({ worker, version: '0.1.0', graceSeconds: 60 });
    const link = await connectToMaster({ host: '127.0.0.1', port, token, hello, graceSeconds: 60 });
    return new SimulatedWorker(index, link, intervals, heartbeatMillis);
  }

  #beat(): void {
    this.#beats.push(performance.now());
    this.#send({ kind: 'heartbeat', state: this.#state, cpuPercent: 40, memoryBytes: 90e6 });
  }

  #receive(message: MasterMessage): void {
    switch (message.kind) {
      case 'heartbeat':
        this.roundTrips.push(performance.now() - (this.#beats.shift() ?? Number.NaN));
        return;
      case 'acknowledge':
        this.#outbox.acknowledge(message.sequence);
        return;
      case 'testStart':
        this.#period = message.period;
        this.#state = 'running';
        this.#send({ kind: 'started', test: message.test });
        this.#begin();
        return;
      case 'spawn':
        this.#userCounts = { ...this.#userCounts, ...message.counts };
        if (message.isLast) this.#sayUsers(message.test, message.step);
        return;
      case 'stop':
        this.#end(message.test);
        return;
      case 'quit':
        this.link.close();
        return;
      default:
    }
  }

  #sayUsers(test: number, step: number): void {
    this.#send({ kind: 'users', test, step, userCounts: this.#userCounts, isSpent: false });
  }

  #begin(): void {
    this.#cutAt = Math.floor(epochSeconds()) + 1;
    this.#next = callAt(this.#cutAt, () => {
      this.#report(this.#cutAt - 1, false);
      this.#begin();
    });
  }

  #end(test: number): void {
    this.#next?.cancel();
    this.#report(this.#cutAt - 1, true);
    this.#userCounts = {};
    this.#state = 'ready';
    this.#send({ kind: 'stopped', test });
  }

  #report(startTime: number, isLast: boolean): void {
    const interval = this.intervals[(this.index + this.#made) % this.intervals.length];
    if (interval === undefined) return;
    this.#made++;
    this.requests += requestsIn(interval);
    const report = {
      kind: 'report' as const,
      period: this.#period,
      interval: { ...interval, startTime, seconds: 1 },
      userCounts: this.#userCounts,
      exceptions: [],
      health,
      data: {},
    };
    this.#outbox.add(report, isLast);
  }

  #send(message: WorkerMessage): void {
    this.link.send(message);
  }
}
