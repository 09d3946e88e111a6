/** A real master in a process of its own, which tells what it costs. It is steered by messages of its parent. */
import { Environment, User } from 'tsload';
import { numberIn } from '../children.js';
import { settled } from '../settled.js';

class Simulated extends User {}

const usersOfWorker = 10;
const [token = ''] = process.argv.slice(2);
const environment = new Environment({ userClasses: [Simulated] });
const runner = await environment.createMasterRunner({ bindHost: '127.0.0.1', bindPort: 0, token });
const tell = (message: object): void => {
  process.send?.(message);
};

const steps: { readonly [kind: string]: (message: object) => Promise<void> } = {
  start: async (message) => {
    const workers = numberIn(message, 'workers');
    if (!(await runner.untilWorkers(workers, 120))) throw new Error(`there are only ${runner.workerCount} workers`);
    const users = workers * usersOfWorker;
    runner.start(users, users);
    await settled(() => runner.state === 'running', 60);
    tell({ workers: runner.workerCount });
  },
  look: async () => {
    const { user, system } = process.cpuUsage();
    const { numRequests } = environment.stats.total;
    tell({
      cpuSeconds: (user + system) / 1e6,
      at: performance.now() / 1000,
      rss: process.memoryUsage.rss(),
      numRequests,
    });
  },
  stop: async () => {
    await runner.stop();
    tell({ numRequests: environment.stats.total.numRequests, workers: runner.workerCount });
    await runner.quit();
  },
};

process.on('message', (message: object) => {
  const kind: unknown = Reflect.get(message, 'kind');
  steps[String(kind)]?.(message).catch((thrown: unknown) => {
    process.stderr.write(`the master failed: ${String(thrown)}\n`);
    process.exit(1);
  });
});
process.once('disconnect', () => process.exit(1));
tell({ port: runner.port });
