/**
 * What the log says of something that user code threw.
 */
import { TsloadError } from '../errors.js';
import { tracebackOf } from '../traceback.js';

/** The traceback; a fault of tsload's own kind is a sentence, and says only where in the locustfile it came up. */
export function faultText(thrown: unknown): string {
  const traceback = tracebackOf(thrown);
  return thrown instanceof TsloadError
    ? traceback.replace(`${thrown.name}: ${thrown.message}`, thrown.message)
    : traceback;
}
