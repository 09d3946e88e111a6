/**
 * The live line at the bottom of a terminal during a headless run. It never mixes with other output: while it is open,
 * whatever anybody writes to the terminal goes out above it (line cleared, text written, line drawn again).
 */
import type { StatisticsView } from '../events/index.js';
import { clockText, columnTime, elideEnd, type Terminal } from './text.js';

export interface Progress {
  readonly elapsedSeconds: number;
  /** Undefined: runs until it is stopped. */
  readonly runTimeSeconds?: number | undefined;
  readonly userCount: number;
  readonly targetUserCount: number;
}

/**
 * One line: elapsed of run time, users of target, requests per second, failures, 95 % of the last ten seconds; and, when the
 * load generator was saturated in the last second, a word about that.
 */
export function progressText(progress: Progress, view: StatisticsView): string {
  const { total } = view;
  const time = clockText(progress.elapsedSeconds);
  const elapsed = progress.runTimeSeconds === undefined ? time : `${time}/${clockText(progress.runTimeSeconds)}`;
  const p95 = total.currentPercentile(0.95);
  return [
    elapsed,
    `users ${progress.userCount}/${progress.targetUserCount}`,
    `${rateText(progress, total.currentRps)} req/s`,
    `failures ${total.numFailures} (${(total.failRatio * 100).toFixed(2)}%)`,
    `p95 ${p95 === null ? '-' : `${columnTime(p95)} ms`}`,
    ...(view.history.at(-1)?.isSaturated === true ? ['saturated'] : []),
  ].join('  ');
}

/** Seconds until current rates are about something: a whole second, of which all workers have reported. */
const secondsWithoutRates = 3;

/** At the very beginning no rate is known, and 0 would say that nothing is going on. */
function rateText({ elapsedSeconds }: Progress, currentRps: number): string {
  return elapsedSeconds < secondsWithoutRates && currentRps === 0 ? '-' : currentRps.toFixed(1);
}

/** Whether a live line makes sense there. */
export function canShowProgress(terminal: Terminal, environment: NodeJS.ProcessEnv): boolean {
  return terminal.isTTY === true && environment['TERM'] !== 'dumb';
}

/** A terminal that can be written to; `process.stderr` and `process.stdout` are ones. */
export interface TerminalStream extends Terminal {
  write(chunk: string | Uint8Array, ...rest: never[]): boolean;
}

const clearLine = '\r\u001b[K';

export class ProgressLine {
  #text = '';
  #isDrawn = false;
  /** Somebody else's output stands at the start of a line: there is room for ours. */
  #isAtLineStart = true;
  readonly #restore: (() => void)[] = [];
  readonly #write: (text: string) => void;

  /**
   * Draws on `terminal`; `others` are further streams on the same screen. Until `close`, `write` of each is replaced by one
   * that keeps the line at the bottom.
   */
  constructor(
    private readonly terminal: TerminalStream,
    others: readonly TerminalStream[] = [],
  ) {
    const write = terminal.write;
    this.#write = (text) => void write.call(terminal, text);
    for (const stream of new Set([terminal, ...others.filter((other) => other.isTTY === true)])) this.#watch(stream);
  }

  /** Shows this text from now on, cut to the width of the terminal. */
  update(text: string): void {
    this.#text = text;
    if (!this.#isAtLineStart) return;
    this.#write(`${clearLine}${elideEnd(text, (this.terminal.columns || 80) - 1)}`);
    this.#isDrawn = text !== '';
  }

  /** Removes the line and leaves the streams as they were. May be called twice. */
  close(): void {
    this.#clear();
    this.#text = '';
    for (const restore of this.#restore.splice(0)) restore();
  }

  #watch(stream: TerminalStream): void {
    const write = stream.write;
    const watched = (chunk: string | Uint8Array, ...rest: never[]): boolean => {
      this.#clear();
      const result = write.call(stream, chunk, ...rest);
      this.#isAtLineStart = endsLine(chunk) ?? this.#isAtLineStart;
      if (this.#text !== '') this.update(this.#text);
      return result;
    };
    stream.write = watched;
    this.#restore.push(() => {
      if (stream.write === watched) stream.write = write;
    });
  }

  #clear(): void {
    if (this.#isDrawn) this.#write(clearLine);
    this.#isDrawn = false;
  }
}

/** Undefined for an empty chunk: it moves nothing. */
function endsLine(chunk: string | Uint8Array): boolean | undefined {
  if (chunk.length === 0) return undefined;
  const last = typeof chunk === 'string' ? chunk.charCodeAt(chunk.length - 1) : chunk[chunk.length - 1];
  return last === 0x0a;
}
