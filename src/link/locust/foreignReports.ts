/**
 * What a Locust worker measures and says of itself, as reports of ours.
 *
 * Its reports have neither number nor period: each counts for the period in which it comes, and for the time since the one
 * before. Its clock is not asked.
 */
import { epochSeconds } from '../../clock.js';
import { LinkError } from '../../errors.js';
import type { WorkerHealth } from '../../events/index.js';
import { bounded } from '../../stats/index.js';
import { maxMessage, maxTraceback } from '../bounds.js';
import { ExceptionGroups } from '../exceptionGroups.js';
import { real, text } from '../fields.js';
import type { ReportMessage } from '../messages.js';
import { readStats } from './readStats.js';
import { fieldsOf } from './values.js';

/** Locust keeps its last 500 lines. */
const maxLines = 1000;
/** Percent of one core: above it Locust warns of a worker. */
const maxCpuPercent = 90;

export interface ForeignHeartbeat {
  readonly state: 'ready' | 'spawning' | 'running';
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

export class ForeignReports {
  period = 0;
  heartbeat: ForeignHeartbeat = { state: 'ready', cpuPercent: 0, memoryBytes: 0 };
  #sequence = 0;
  #warmupEnd = 0;
  /** Seconds since 1970, of the last report or the start of the test. */
  #lastTime = epochSeconds();
  /** When its users were gone: what it reports later was measured before. */
  #stopTime = Infinity;
  #userCounts: Readonly<Record<string, number>> = {};
  readonly #exceptions = new ExceptionGroups();
  #logLines = 0;

  constructor(private readonly report: (message: ReportMessage) => void) {}

  /** A test begins; samples up to `warmupEnd`, seconds since 1970, are of its warm-up. */
  begin(period: number, warmupEnd: number): void {
    this.period = period;
    this.#warmupEnd = warmupEnd;
    this.#lastTime = epochSeconds();
    this.#stopTime = Infinity;
    this.#userCounts = {};
    this.#exceptions.clear();
  }

  /** It has no users any more, until a test begins. */
  noteStop(): void {
    this.#stopTime = epochSeconds();
  }

  noteHeartbeat(data: unknown): void {
    const fields = fieldsOf(data, 'a heartbeat');
    const { state } = fields;
    this.heartbeat = {
      state: state === 'spawning' || state === 'running' ? state : 'ready',
      cpuPercent: fields['current_cpu_usage'] === undefined ? 0 : real(fields, 'current_cpu_usage', 0, 1e6),
      memoryBytes: Math.round(
        fields['current_memory_usage'] === undefined
          ? 0
          : real(fields, 'current_memory_usage', 0, Number.MAX_SAFE_INTEGER),
      ),
    };
  }

  /** Outside a test a report counts only if there is something in it. Returns users by class. */
  takeStats(data: unknown, isTesting: boolean): Readonly<Record<string, number>> {
    const now = Math.min(epochSeconds(), this.#stopTime);
    const startTime = Math.min(this.#lastTime, now);
    const isWarmup = startTime < this.#warmupEnd;
    const { interval, userCounts, data: added } = readStats(data, { startTime, seconds: now - startTime, isWarmup });
    this.#lastTime = now;
    this.#userCounts = userCounts;
    if (isTesting || interval.entries.length > 0) this.#send(interval, added);
    return userCounts;
  }

  addException(data: unknown): void {
    const fields = fieldsOf(data, 'an exception');
    const traceback = bounded(text(fields, 'traceback', Infinity), maxTraceback); // cut, not refused: it counts
    this.#exceptions.add(traceback, () => bounded(text(fields, 'msg', Infinity), maxMessage));
  }

  /** Exceptions that no report took along: before the end of a test. */
  flushExceptions(): void {
    if (this.#exceptions.isEmpty) return;
    const now = epochSeconds();
    const interval = { startTime: now, seconds: 0, isWarmup: now < this.#warmupEnd };
    this.#send({ ...interval, entries: [], errors: [], cutOff: 0, overflowingNames: [] }, {});
  }

  /** Locust sends all that it keeps each time: what was there already is left out. */
  newLogLines(data: unknown): { readonly level: string; readonly text: string }[] {
    const { logs } = fieldsOf(data, 'logs');
    if (!Array.isArray(logs) || logs.length > maxLines) throw new LinkError('logs must be a list of lines');
    const known = Math.min(this.#logLines, logs.length);
    this.#logLines = logs.length;
    return logs.slice(known).map(lineOf);
  }

  #send(interval: ReportMessage['interval'], data: ReportMessage['data']): void {
    this.#sequence++;
    this.report({
      kind: 'report',
      sequence: this.#sequence,
      period: this.period,
      interval,
      userCounts: this.#userCounts,
      exceptions: this.#exceptions.take(),
      health: this.#health(),
      data,
    });
  }

  /** Of its event loop it says nothing: a core in full use is what can be known. */
  #health(): WorkerHealth {
    const { cpuPercent, memoryBytes } = this.heartbeat;
    const loopUtilisation = Math.min(1, cpuPercent / 100);
    const isSaturated = cpuPercent > maxCpuPercent;
    return { cpuPercent, memoryBytes, loopDelayMillis: 0, loopUtilisation, gcMillis: 0, isSaturated };
  }
}

function lineOf(line: unknown): { readonly level: string; readonly text: string } {
  if (typeof line !== 'string') throw new LinkError('a line of logs must be a text');
  const level = /\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b/.exec(line.slice(0, 300))?.[1] ?? 'INFO';
  return { level, text: line.slice(0, maxMessage) };
}
