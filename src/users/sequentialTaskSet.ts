/**
 * Task sets whose tasks run in order.
 */
import type { Task } from './task.js';
import { loopKey } from './taskLoop.js';
import { TaskSet } from './taskSet.js';
import type { User } from './user.js';

/**
 * Runs its tasks in their order, over and over, until it is interrupted: the base class's, then its methods as they are
 * written, then static members, then `tasks`. A weight repeats a task in its place. Every stay begins with the first.
 * Locust: `SequentialTaskSet`.
 */
export class SequentialTaskSet<U extends User = User> extends TaskSet<U> {
  #next = 0;

  override getNextTask(): Task {
    const { list } = this[loopKey];
    const task = list.tasks[this.#next % list.tasks.length];
    if (task === undefined) throw list.noTasksError();
    this.#next = (this.#next + 1) % list.tasks.length;
    return task;
  }
}
