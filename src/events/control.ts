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

/**
 * A failure of the target that a client throws after it has recorded it (a gRPC status other than OK): a task that ends with
 * it has ended like any other, since the failure is in the statistics. Not recorded (`record: false`): an ordinary exception.
 */
export abstract class RecordedFailure extends Error {
  constructor(
    message: string,
    readonly isRecorded: boolean,
  ) {
    super(message);
  }
}

/** Whether something thrown is a failure that the statistics have already: it is no exception of the locustfile. */
export function isRecordedFailure(thrown: unknown): thrown is RecordedFailure {
  return thrown instanceof RecordedFailure && thrown.isRecorded;
}
