/**
 * The log lines of a test: `using log = captureLog()`. All levels, as long as the capture lasts.
 */
import { addLogSink, type LogLevel, type LogRecord, setLogLevel } from '../src/log.js';

export interface CapturedLog extends Disposable {
  readonly records: readonly LogRecord[];
  /** The messages of one level. */
  at(level: LogLevel): readonly string[];
}

export function captureLog(): CapturedLog {
  const records: LogRecord[] = [];
  setLogLevel('DEBUG');
  const remove = addLogSink((record) => records.push(record));
  return {
    records,
    at: (level) => records.filter((record) => record.level === level).map((record) => record.message),
    [Symbol.dispose]() {
      remove();
      setLogLevel('INFO');
    },
  };
}
