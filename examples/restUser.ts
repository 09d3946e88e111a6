// The REST side of the experiment: each user asks for the factorial of 10000 every one to two seconds.
//
//   tsload -f examples/restUser.ts --headless -u 100 -r 10 -t 3m --csv out/rest
//
// With --host it loads that server; without, it starts its own (servers/restServer.mjs).
import { between, HttpUser, task } from 'tsload';
import { writeTimeSeries } from './csvTimeSeries.js';
import { useExampleServer } from './servers/startServer.js';

useExampleServer('restServer.mjs');
writeTimeSeries();

export class RestUser extends HttpUser {
  static override waitTime = between(1, 2);

  @task
  async factorial() {
    await this.client.post('/factorial/', { json: { number: 10_000 } });
  }
}
