/**
 * Log lines, and where they go. Every room gets its logger here; the command line decides level, format and file.
 * Nothing on the path of a request logs.
 */

export const logLevels = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogRecord {
  readonly level: LogLevel;
  /** For example `tsload.runners`. */
  readonly logger: string;
  readonly message: string;
  readonly epochSeconds: number;
}

/** Logger of lines that workers have sent, as their master repeats them. */
export const workersLogger = 'tsload.workers';

export type LogSink = (record: LogRecord) => void;

const sinks = new Set<LogSink>();
let threshold = 1;

/** Adds a sink and returns the function that takes it away. */
export function addLogSink(sink: LogSink): () => void {
  sinks.add(sink);
  return () => sinks.delete(sink);
}

/** Lines below this level are dropped. Default INFO. */
export function setLogLevel(level: LogLevel): void {
  threshold = logLevels.indexOf(level);
}

export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  critical(message: string): void;
}

/** The logger of one part of tsload, or of a locustfile. Names are dotted, as in Locust: `tsload.main`. */
export function getLogger(logger: string): Logger {
  const at = (level: LogLevel) => {
    const rank = logLevels.indexOf(level);
    return (message: string) => {
      if (rank < threshold) return;
      const record = { level, logger, message, epochSeconds: Date.now() / 1000 };
      for (const sink of sinks) sink(record);
    };
  };
  return {
    debug: at('DEBUG'),
    info: at('INFO'),
    warning: at('WARNING'),
    error: at('ERROR'),
    critical: at('CRITICAL'),
  };
}

/** What the system says of a file, without the stack and the path: `ENOSPC: no space left on device`. */
export function systemReason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split(', ')[0] ?? message;
}

/** The text of anything that was thrown, with its stack where it has one; `undefined` and plain values included. */
export function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  if (typeof thrown === 'string') return thrown;
  try {
    return `thrown value: ${JSON.stringify(thrown) ?? String(thrown)}`;
  } catch {
    return `thrown value of type ${typeof thrown}`;
  }
}
