/**
 * What a locustfile throws to steer a user. None of these is a fault: they reach no log and no statistics.
 */
import { ControlException } from '../events/index.js';

/** Ends this user, after `onStop` of its task sets and its own. It is not replaced. Locust: `StopUser`. */
export class StopUser extends ControlException {
  override readonly name = 'StopUser';
}

/**
 * Ends the whole test, from a user's constructor, `onStart` or task, from an event listener or from a shape's `tick`.
 * Locust: `StopTest`, which inside a task ended only that user.
 */
export class StopTest extends ControlException {
  override readonly name = 'StopTest';
}

/**
 * Ends the whole test, as a class of it cannot run as it is set up: it has no host. Unlike other stops this one is a mistake,
 * so the exit code is 1. For tsload's own classes.
 */
export class BadSetup extends StopTest {}

/**
 * Leaves the task set that is running, after its `onStop`. In a task directly on a user there is nothing to leave: the user
 * goes on with its next task. Locust: `InterruptTaskSet`.
 */
export class InterruptTaskSet extends ControlException {
  override readonly name = 'InterruptTaskSet';

  /** `reschedule`: the parent picks its next task at once (true, the default), or waits first (false). */
  constructor(readonly reschedule: boolean = true) {
    super('the task set is left');
  }
}

/** Ends the running task; the user waits and then picks its next task. Locust: `RescheduleTask`. */
export class RescheduleTask extends ControlException {
  override readonly name = 'RescheduleTask';
}

/** Ends the running task; the user picks its next task without waiting. Locust: `RescheduleTaskImmediately`. */
export class RescheduleTaskImmediately extends ControlException {
  override readonly name = 'RescheduleTaskImmediately';
}

/** The user ends because a task failed and exceptions are not caught; it was reported already. For tsload alone. */
export class UserFailed extends ControlException {
  override readonly name = 'UserFailed';
}
