// tsload as a library: a program of your own starts a test, watches it and reads its numbers. It is a program, not a locustfile:
//
//   npx esbuild examples/libraryUse.ts --target=node20 --format=esm | node --input-type=module
import { once } from 'node:events';
import { createServer } from 'node:http';
import { constant, Environment, HttpUser, task } from 'tsload';

class Visitor extends HttpUser {
  static override waitTime = constant(0.1);

  @task
  async visit() {
    await this.client.get('/');
  }
}

const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;

const environment = new Environment({ userClasses: [Visitor], host: `http://127.0.0.1:${port}` });
const runner = environment.createLocalRunner();
environment.events.spawningComplete.addListener(({ userCount }) => console.log(`${userCount} users are running`));
runner.start(10, 20); // ten users, twenty more each second
await new Promise((resolve) => setTimeout(resolve, 2_000));
await runner.quit();
server.close();

const { total } = environment.stats;
console.log(`${total.numRequests} requests, ${total.numFailures} failed, 95 % within ${total.percentile(0.95)} ms`);
process.exitCode = total.numFailures > 0 ? 1 : 0;
