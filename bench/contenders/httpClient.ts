/** The client of HttpUser without a run: each user awaits one request after the other, and all are recorded. */
import { Environment, type HttpInterceptor, HttpUser, task } from 'tsload';
import type { Work, WorkTarget } from '../rounds.js';

export const work: Work = (target) => loopOf(target, []);

export async function loopOf(
  { port, concurrency }: WorkTarget,
  interceptors: readonly HttpInterceptor[],
): ReturnType<Work> {
  let completed = 0;
  let isOver = false;
  class Getter extends HttpUser {
    static override interceptors = interceptors;

    @task
    async get(): Promise<void> {
      while (!isOver) {
        await this.client.get('/');
        completed++;
      }
    }
  }
  const environment = new Environment({ userClasses: [Getter], host: `http://127.0.0.1:${port}` });
  const runner = environment.createLocalRunner();
  const loops = Array.from({ length: concurrency }, () => new Getter(environment).get());
  return {
    completed: () => completed,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await Promise.all(loops);
      await runner.quit();
    },
  };
}
