/**
 * What workers say of themselves once a second: their state, what they use of their machine, and how far their clock is off.
 */
import { epochSeconds } from '../clock.js';
import type { Events } from '../events/index.js';
import type { WorkerMessage } from '../link/index.js';
import { getLogger } from '../log.js';
import type { WorkerNode } from './workerNode.js';

/** Seconds from which on it is said that a worker's clock is off. */
const notableOffsetSeconds = 1;
/** Percent of one core from which on a worker is warned of, as in Locust. */
const busyPercent = 90;

const log = getLogger('tsload.runners');

type Heartbeat = WorkerMessage & { readonly kind: 'heartbeat' };

export class Heartbeats {
  /** A worker's processor was busy at least once in this test. */
  hasCpuWarning = false;
  readonly #warnedOfCpu = new Set<string>();

  /** `events`: where answers are told of, if anywhere. */
  constructor(private readonly events: Events | undefined) {}

  beginTest(): void {
    this.hasCpuWarning = false;
  }

  /** Answers it, too. */
  take(worker: WorkerNode, message: Heartbeat): void {
    worker.link.send({ kind: 'heartbeat' });
    worker.reported = message.state;
    worker.cpuUsage = message.cpuPercent;
    worker.memoryUsage = message.memoryBytes;
    noteLink(worker, message);
    if (message.cpuPercent > busyPercent) this.#warnOfCpu(worker);
    this.events?.heartbeatSent.fire({ clientId: worker.id, timestamp: epochSeconds() });
  }

  /** Who comes with this id from now on is somebody new. */
  forget(id: string): void {
    this.#warnedOfCpu.delete(id);
  }

  #warnOfCpu({ id, cpuUsage }: WorkerNode): void {
    this.hasCpuWarning = true;
    if (this.#warnedOfCpu.has(id)) return;
    this.#warnedOfCpu.add(id);
    log.warning(`worker ${id} uses ${Math.round(cpuUsage)} % of a processor core: more workers would measure better`);
  }
}

/** Over what a link a worker is heard, and how far its clock is off: said once of each. */
function noteLink(worker: WorkerNode, { roundTripMillis, clockOffsetSeconds }: Heartbeat): void {
  const isFirst = worker.clockOffsetSeconds === undefined && clockOffsetSeconds !== undefined;
  worker.roundTripMillis = roundTripMillis ?? worker.link.vitals.roundTripMillis;
  worker.clockOffsetSeconds = clockOffsetSeconds;
  if (!isFirst) return;
  const side = clockOffsetSeconds > 0 ? 'behind' : 'ahead of';
  const off = `${Math.abs(clockOffsetSeconds).toFixed(3)} s ${side} this master's`;
  log.debug(`worker ${worker.id}: round trip ${(roundTripMillis ?? 0).toFixed(1)} ms, its clock is ${off}`);
  if (Math.abs(clockOffsetSeconds) < notableOffsetSeconds) return;
  log.info(`the clock of worker ${worker.id} is ${off}: what it measures is counted in the time of this master`);
}
