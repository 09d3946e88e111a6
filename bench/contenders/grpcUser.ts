/** GrpcUser as a locustfile has it, in a whole run: users, task loop, recorder, reports. */
import { constant, Environment, GrpcUser, task } from 'tsload';
import type { Work } from '../rounds.js';

export const work: Work = async ({ port, concurrency }) => {
  let completed = 0;
  class Caller extends GrpcUser {
    static override proto = 'proto/item.proto';
    static override waitTime = constant(0);

    @task
    async factorial(): Promise<void> {
      await this.stub.calculateFactorial!({ number: 10_000 });
      completed++;
    }
  }
  const environment = new Environment({ userClasses: [Caller], host: `127.0.0.1:${port}` });
  const runner = environment.createLocalRunner();
  runner.start(concurrency, 1_000);
  return {
    completed: () => completed,
    [Symbol.asyncDispose]: async () => {
      await runner.quit();
      if (environment.stats.total.numFailures > 0)
        throw new Error(`calls failed: ${environment.stats.errors[0]?.error}`);
    },
  };
};
