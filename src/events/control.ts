/**
 * Control exceptions: thrown to steer a user, not to report a fault. They reach no log and are no `TsloadError`.
 * The subclasses that a locustfile throws live in users/controlExceptions.ts; this base lets events and clients tell them
 * from faults without knowing them.
 */
export abstract class ControlException extends Error {}

/** Whether something thrown steers a user (stop, interrupt, reschedule) instead of reporting a fault. */
export function isControl(thrown: unknown): thrown is ControlException {
  return thrown instanceof ControlException;
}
