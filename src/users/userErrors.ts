/**
 * Faults that a locustfile raises or meets: of a response that is judged, and of a class that cannot run.
 */

import { TsloadError } from '../errors.js';
import { errorText } from '../events/index.js';

/** Thrown inside a `catchResponse` block: fails that request, and the task goes on after it. Locust: `ResponseError`. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
}

/**
 * What `response.failure(value)` makes of a value that is no error. Outputs show the value's text alone.
 * Locust: `CatchResponseError`.
 */
export class CatchResponseError extends Error {
  override readonly name = 'CatchResponseError';

  /** `value`: anything; a string is taken as it is, other values as JSON. */
  constructor(readonly value: unknown) {
    super(errorText(value));
  }
}

/** A user or task set has no usable `waitTime`. Locust: `MissingWaitTimeError`. */
export class MissingWaitTimeError extends TsloadError {
  override readonly name = 'MissingWaitTimeError';
  constructor(message: string) {
    super('BAD_USER_CLASS', message);
  }
}

/** A `MarkovTaskSet` has no method with a transition. Locust: `NoMarkovTasksError`. */
export class NoMarkovTasksError extends TsloadError {
  override readonly name = 'NoMarkovTasksError';
  constructor(message: string) {
    super('BAD_USER_CLASS', message);
  }
}

/** A transition names a method that does not exist, or is itself malformed. Locust: `InvalidTransitionError`. */
export class InvalidTransitionError extends TsloadError {
  override readonly name = 'InvalidTransitionError';
  constructor(message: string) {
    super('BAD_USER_CLASS', message);
  }
}

/** A transition leads to a method that has no transitions itself. Locust: `NonMarkovTaskTransitionError`. */
export class NonMarkovTaskTransitionError extends TsloadError {
  override readonly name = 'NonMarkovTaskTransitionError';
  constructor(message: string) {
    super('BAD_USER_CLASS', message);
  }
}

/** A method of a `MarkovTaskSet` has a tag; the chain would break without it. Locust: `MarkovTaskTagError`. */
export class MarkovTaskTagError extends TsloadError {
  override readonly name = 'MarkovTaskTagError';
  constructor(message: string) {
    super('BAD_USER_CLASS', message);
  }
}
