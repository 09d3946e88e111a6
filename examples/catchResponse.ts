// The test decides what is a failure: a wrong answer with status 200 is one, an expected 400 is none.
import { constant, HttpUser, task } from 'tsload';
import { useExampleServer } from './servers/startServer.js';

useExampleServer('restServer.mjs');

export class Checker extends HttpUser {
  static override waitTime = constant(0.5);

  /** The sample is counted when the block ends, with the verdict that it was given. */
  @task
  async rightAnswer() {
    await using response = await this.client.post('/factorial/', { json: { number: 5 }, catchResponse: true });
    if (response.json<{ result: number }>().result !== 120) response.failure('5! is 120');
  }

  /** The same with a function, which may be shorter. */
  @task
  async refusal() {
    await this.client.post('/factorial/', {
      json: { number: -1 },
      name: 'negative number',
      catchResponse: (response) => (response.status === 400 ? response.success() : response.failure('was accepted')),
    });
  }
}
