/** HttpUser as a locustfile has it, in a whole run: users, task loop, recorder, reports. */
import { constant, Environment, HttpUser, task } from 'tsload';
import type { Work } from '../rounds.js';

export const work: Work = async ({ port, concurrency }) => {
  let completed = 0;
  class Getter extends HttpUser {
    static override waitTime = constant(0);

    @task
    async get(): Promise<void> {
      await this.client.get('/');
      completed++;
    }
  }
  const environment = new Environment({ userClasses: [Getter], host: `http://127.0.0.1:${port}` });
  const runner = environment.createLocalRunner();
  runner.start(concurrency, 1_000);
  return {
    completed: () => completed,
    [Symbol.asyncDispose]: async () => {
      await runner.quit();
      if (environment.stats.total.numFailures > 0)
        throw new Error(`requests failed: ${environment.stats.errors[0]?.error}`);
    },
  };
};
