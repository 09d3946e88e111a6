/** GrpcUser as a locustfile has it, in a whole run: users, task loop, recorder, reports. */
import { constant, Environment, GrpcUser, task } from 'tsload';
import type { Work } from '../rounds.js';
import { watchFailures } from '../settled.js';

export const work: Work = ({ port, concurrency }, gate) => {
  let completed = 0;
  class Caller extends GrpcUser {
    static override proto = 'proto/item.proto';
    static override waitTime = constant(0);

    @task
    async factorial(): Promise<void> {
      if (!gate.isOpen) await gate.opened();
      await this.stub.calculateFactorial!({ number: 10_000 });
      completed++;
    }
  }
  const environment = new Environment({ userClasses: [Caller], host: `127.0.0.1:${port}` });
  environment.createLocalRunner().start(concurrency, 1_000);
  watchFailures(environment);
  return { completed: () => completed };
};
