/** The client of HttpUser without a run: each user awaits one request after the other, and all are recorded. */
import { Environment, type HttpInterceptor, HttpUser, task } from 'tsload';
import type { Gate } from '../gate.js';
import type { RunningWork, Work, WorkTarget } from '../rounds.js';
import { watchFailures } from '../settled.js';

export const work: Work = (target, gate) => loopOf(target, gate, []);

export function loopOf(
  { port, concurrency }: WorkTarget,
  gate: Gate,
  interceptors: readonly HttpInterceptor[],
): RunningWork {
  let completed = 0;
  class Getter extends HttpUser {
    static override interceptors = interceptors;

    @task
    async get(): Promise<void> {
      for (;;) {
        if (!gate.isOpen) await gate.opened();
        await this.client.get('/');
        completed++;
      }
    }
  }
  const environment = new Environment({ userClasses: [Getter], host: `http://127.0.0.1:${port}` });
  environment.createLocalRunner().start(concurrency, 1_000);
  watchFailures(environment);
  return { completed: () => completed };
}
