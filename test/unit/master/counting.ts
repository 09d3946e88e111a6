/**
 * A user that counts a request each hundredth of a second, over all workers together: what a target server would have seen.
 */
import { constant, task, User } from '../../../src/users/index.js';

export function counting() {
  const counts = { requests: 0, started: 0, stopped: 0 };
  class Counting extends User {
    static override waitTime = constant(0.01);
    override onStart() {
      counts.started++;
    }
    override onStop() {
      counts.stopped++;
    }
    @task count() {
      counts.requests++;
      const sample = { requestType: 'TEST', name: 'count', responseTime: 5, responseLength: 10 };
      this.environment.events.request.fire(sample);
    }
  }
  return { Counting, counts };
}
