/**
 * Sends this worker's log lines to its master, a batch each second.
 *
 * Bounded: what waits is the latest 500 lines. A worker that writes more than 70 lines within 10 seconds says so in one last
 * line and from then on sends warnings and worse only, and of those no more than 70 in 10 seconds either.
 */
import type { WorkerMessage } from '../link/index.js';
import { addLogSink, type LogLevel, type LogRecord, logLevels, workersLogger } from '../log.js';

type Line = (WorkerMessage & { readonly kind: 'logs' })['lines'][number];

const maxKept = 500;
/** Locust: `WORKER_LOG_REPORT_INTERVAL`, and its 70 lines. */
const floodSeconds = 10;
const floodLines = 70;
const maxText = 16_000;
const fromWarning = logLevels.indexOf('WARNING');

/** Which lines go. Pure: time is an argument. */
export class LogFlood {
  #isFlooded = false;
  /** Lines of the current ten seconds. */
  #count = 0;
  #since = Number.NEGATIVE_INFINITY;

  /** `now`: seconds. `last`: this one goes, and after it a line that says what is left out from now on. */
  judge(level: LogLevel, now: number): 'goes' | 'last' | 'stays' {
    if (this.#isFlooded && logLevels.indexOf(level) < fromWarning) return 'stays';
    if (now - this.#since >= floodSeconds) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count++;
    if (this.#count <= floodLines) return 'goes';
    if (this.#isFlooded) return 'stays';
    this.#isFlooded = true;
    this.#count = 0;
    return 'last';
  }
}

export interface LogForwarderOptions {
  /** A line as it stands in this worker's own log. */
  format(record: LogRecord): string;
  send(lines: readonly Line[]): void;
  readonly batchMillis: number;
}

export class LogForwarder {
  readonly #flood = new LogFlood();
  readonly #removeSink: () => void;
  readonly #timer: NodeJS.Timeout;
  #lines: Line[] = [];
  #isHeld = false;

  constructor(private readonly options: LogForwarderOptions) {
    this.#removeSink = addLogSink((record) => this.#take(record));
    this.#timer = setInterval(() => this.flush(), options.batchMillis).unref();
  }

  /** While the master cannot be heard, lines wait. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  flush(): void {
    if (this.#isHeld || this.#lines.length === 0) return;
    this.options.send(this.#lines);
    this.#lines = [];
  }

  close(): void {
    clearInterval(this.#timer);
    this.#removeSink();
    this.flush();
  }

  #take(record: LogRecord): void {
    if (record.logger === workersLogger) return; // a master in this process repeats what it was sent: it would come back for ever
    const verdict = this.#flood.judge(record.level, performance.now() / 1000);
    if (verdict === 'stays') return;
    this.#add(record.level, this.options.format(record));
    if (verdict === 'goes') return;
    this.#add(
      'WARNING',
      `more than ${floodLines} log lines within ${floodSeconds} s: only warnings and errors of this worker are sent to the master from here on; all lines are in its own log`,
    );
  }

  #add(level: LogLevel, text: string): void {
    this.#lines.push({ level, text: text.length > maxText ? `${text.slice(0, maxText)}…` : text });
    if (this.#lines.length > maxKept) this.#lines.shift();
  }
}
