/** HttpUser as a locustfile has it, in a whole run: users, task loop, recorder, reports. */
import { constant, Environment, HttpUser, task } from 'tsload';
import type { Work } from '../rounds.js';
import { watchFailures } from '../settled.js';

export const work: Work = ({ port, concurrency }, gate) => {
  let completed = 0;
  class Getter extends HttpUser {
    static override waitTime = constant(0);

    @task
    async get(): Promise<void> {
      if (!gate.isOpen) await gate.opened();
      await this.client.get('/');
      completed++;
    }
  }
  const environment = new Environment({ userClasses: [Getter], host: `http://127.0.0.1:${port}` });
  environment.createLocalRunner().start(concurrency, 1_000);
  watchFailures(environment);
  return { completed: () => completed };
};
