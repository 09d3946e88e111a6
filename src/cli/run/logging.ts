/**
 * Where log lines go: standard error or a file, in Locust's format. Until the options are known, lines are kept.
 */
import { openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { Writable } from 'node:stream';
import { TsloadError } from '../../errors.js';
import { addLogSink, type LogLevel, type LogRecord, type LogSink, logLevels, setLogLevel } from '../../log.js';

export interface LogOptions {
  readonly loglevel: LogLevel;
  readonly logfile: string | undefined;
  readonly skipLogSetup: boolean;
}

/** `[2026-11-24 10:20:30,123] host/INFO/tsload.main: text`, in local time. */
export function formatRecord(record: LogRecord, host: string): string {
  const at = new Date(record.epochSeconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const millis = String(at.getMilliseconds()).padStart(3, '0');
  return `[${date} ${time},${millis}] ${host}/${record.level}/${record.logger}: ${record.message}`;
}

/** Keeps what is logged before the options are known. */
export class Logging {
  readonly #kept: LogRecord[] = [];
  #stop = addLogSink((record) => this.#kept.push(record));
  #stream: Writable = process.stderr;

  /** From now on lines go where the options say; the kept ones first. Throws `TsloadError` for a file that can't be written. */
  setUp(options: LogOptions): void {
    const write = options.logfile === undefined ? undefined : appendTo(options.logfile);
    if (write !== undefined) this.#stream = streamOf(write);
    const sink = options.skipLogSetup ? bareWarnings : formatted(write);
    const least = logLevels.indexOf(options.loglevel);
    setLogLevel(options.loglevel);
    this.#stop();
    for (const record of this.#kept.splice(0)) if (logLevels.indexOf(record.level) >= least) sink(record);
    this.#stop = addLogSink(sink);
  }

  /** Where lines go that are formatted already, as those of workers that this process has started. */
  get stream(): Writable {
    return this.#stream;
  }

  /** No lines from now on. */
  close(): void {
    this.#stop();
  }

  /** The run never got to its options: the kept lines are shown as they are. */
  flush(): void {
    for (const record of this.#kept.splice(0)) formatted()(record);
  }
}

/** Without a set-up, only what must not be missed, bare. */
const bareWarnings: LogSink = ({ level, message }) => {
  if (level !== 'DEBUG' && level !== 'INFO') process.stderr.write(`${message}\n`);
};

/** As it stands in log lines. */
export function shortHostname(): string {
  return hostname().split('.')[0] ?? '';
}

type Write = (text: string) => void;

function streamOf(write: Write): Writable {
  return new Writable({
    write(chunk, _, done) {
      write(String(chunk));
      done();
    },
  });
}

function formatted(write: Write = (text) => void process.stderr.write(text)): LogSink {
  const host = shortHostname();
  return (record) => write(`${formatRecord(record, host)}\n`);
}

/** Lines are written at once: none is lost when the process ends. A full disk loses lines, and standard error says so once. */
function appendTo(path: string): Write {
  const descriptor = openLog(path);
  let hasFailed = false;
  return (text) => {
    try {
      writeSync(descriptor, text);
    } catch (thrown) {
      if (!hasFailed) process.stderr.write(`log file ${path} cannot be written any more: ${reasonOf(thrown)}\n`);
      hasFailed = true;
    }
  };
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (thrown) {
    throw new TsloadError('OUTPUT', `log file ${path} cannot be written (${reasonOf(thrown)}): check --logfile`, {
      cause: thrown,
    });
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
