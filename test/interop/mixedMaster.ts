/**
 * A master in this process that takes workers of both protocols, a target that counts what it is asked for, and real processes as
 * workers. Shopper and Admin exist as classes of tsload and of Locust; each asks for a path of its own, by whose kind it is.
 */
import { createServer } from 'node:http';
import {
  Environment,
  type EnvironmentOptions,
  type MasterRunner,
  type MasterRunnerOptions,
} from '../../src/environment/index.js';
import { constant, User } from '../../src/users/index.js';
import { startWorker } from '../e2e/cluster.js';
import { folder, type Run } from '../e2e/tsload.js';
import { startBoomer, startLocustWorker, startOtherLocustWorker } from './locust.js';

/** Ten requests a second of each user. */
export const locustfiles = {
  'locustfile.py': `
from locust import FastHttpUser, constant, task
class Shopper(FastHttpUser):
    wait_time = constant(0.1)
    @task
    def shop(self): self.client.get("/locust/shop")
class Admin(FastHttpUser):
    wait_time = constant(0.1)
    @task
    def look(self): self.client.get("/locust/missing")
`,
  'talking.py': `
import logging
from locust import User, constant, events, task
@events.init.add_listener
def init(environment, runner, **_):
    runner.register_message("hello", lambda environment, msg, **_: runner.send_message("heard", {"data": msg.data, "index": runner.worker_index}))
class Shopper(User):
    wait_time = constant(0.5)
    @task
    def fail(self):
        logging.error("about to fail")
        raise ValueError("no such thing")
class Admin(Shopper): pass
`,
  'locustfile.ts': `
import { constant, HttpUser, task } from 'tsload';
export class Shopper extends HttpUser {
  static waitTime = constant(0.1);
  @task async shop() { await this.client.get('/tsload/shop'); }
}
export class Admin extends HttpUser {
  static waitTime = constant(0.1);
  @task async look() { await this.client.get('/tsload/missing'); }
}
`,
};

const token = 'secret';

/** What the target was asked for, by path. Paths with `missing` are not there. */
export async function countingTarget() {
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    response.statusCode = path.includes('missing') ? 404 : 200;
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    asked: (path: string): number => asked.get(path) ?? 0,
    askedByLocust: (): number => (asked.get('/locust/shop') ?? 0) + (asked.get('/locust/missing') ?? 0),
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export class MixedMaster {
  readonly #processes: Run[] = [];
  readonly #cwd = folder(locustfiles);

  private constructor(
    readonly environment: Environment,
    readonly runner: MasterRunner,
  ) {}

  static async open(options: EnvironmentOptions = {}, runner: MasterRunnerOptions = {}): Promise<MixedMaster> {
    class Shopper extends User {
      static override waitTime = constant(1);
    }
    class Admin extends Shopper {}
    const environment = new Environment({ userClasses: [Shopper, Admin], ...options });
    const master = await environment.createMasterRunner({
      bindHost: '127.0.0.1',
      bindPort: 0,
      token,
      ...runner,
      locust: { port: 0, ...runner.locust },
    });
    return new MixedMaster(environment, master);
  }

  tsload(line = '-f locustfile.ts'): Run {
    return this.#keep(startWorker(this.runner.port, line, { cwd: this.#cwd, env: { TSLOAD_TOKEN: token } }));
  }

  locust(line = '-f locustfile.py'): Run {
    return this.#keep(startLocustWorker(this.runner.locustPort, line, { cwd: this.#cwd }));
  }

  olderLocust(version: string): Run {
    const { locustPort } = this.runner;
    return this.#keep(startOtherLocustWorker(version, locustPort, '-f locustfile.py', { cwd: this.#cwd }));
  }

  boomer(target: string): Run {
    return this.#keep(startBoomer(this.runner.locustPort, target));
  }

  /** Requests and failures of one name; zeros when there is none. */
  counted(name: string): { readonly requests: number; readonly failures: number } {
    const entry = this.runner.stats.entries().find((each) => each.name === name);
    return { requests: entry?.numRequests ?? 0, failures: entry?.numFailures ?? 0 };
  }

  /** Requests of Locust's workers. */
  countedOfLocust(): number {
    return this.counted('/locust/shop').requests + this.counted('/locust/missing').requests;
  }

  /** Users of each worker, ascending. */
  userCounts(): readonly number[] {
    return this.runner.workers.map(({ userCount }) => userCount).sort((a, b) => a - b);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.runner.hurry();
    await this.runner.quit();
    for (const run of this.#processes) run[Symbol.dispose]();
  }

  #keep(run: Run): Run {
    this.#processes.push(run);
    return run;
  }
}
