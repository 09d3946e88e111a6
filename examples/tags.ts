// Tags choose tasks when a test is started:
//
//   tsload -f examples/tags.ts --tags read             only what reads
//   tsload -f examples/tags.ts --exclude-tags slow     all but what is slow
import { constant, HttpUser, tag, task } from 'tsload';
import { useExampleServer } from './servers/startServer.js';

useExampleServer('restServer.mjs');

export class Reader extends HttpUser {
  static override waitTime = constant(0.2);

  @tag('read')
  @task
  async small() {
    await this.client.post('/factorial/', { json: { number: 10 }, name: 'small' });
  }

  @tag('read', 'slow')
  @task
  async large() {
    await this.client.post('/factorial/', { json: { number: 100_000 }, name: 'large' });
  }

  @tag('write')
  @task
  async save() {
    await this.client.post('/factorial/', { json: { number: 1 }, name: 'save' });
  }
}
