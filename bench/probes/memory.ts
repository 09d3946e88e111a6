/**
 * Resident memory of a process that runs this many HttpUsers: `memory.js waiting|connected USERS PORT`. Waiting ones have done a task
 * that asks for nothing, connected ones have got an answer and keep their connection. No garbage is collected on purpose.
 */
import { constant, Environment, HttpUser, task } from 'tsload';
import { settled } from '../settled.js';

const [kind = '', users = '', port = ''] = process.argv.slice(2);
const count = Number(users);
let done = 0;

class Probe extends HttpUser {
  static override waitTime = constant(3600);

  @task
  async ask(): Promise<void> {
    if (kind === 'connected') await this.client.get('/');
    done++;
  }
}

const environment = new Environment({ userClasses: [Probe], host: `http://127.0.0.1:${port}` });
environment.createLocalRunner().start(count, kind === 'connected' ? 2_000 : 20_000);
await settled(() => done === count, 60);
if (environment.stats.total.numFailures > 0) throw new Error(`${environment.stats.total.numFailures} requests failed`);
process.send?.({ megabytes: process.memoryUsage.rss() / 1e6 });
