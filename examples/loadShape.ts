// A load shape decides second by second how many users there are: here in steps, with an end.
import { constant, HttpUser, LoadTestShape, task } from 'tsload';
import { useExampleServer } from './servers/startServer.js';

useExampleServer('restServer.mjs');

const steps = [
  { untilSeconds: 2, users: 5 },
  { untilSeconds: 4, users: 20 },
  { untilSeconds: 5, users: 2 },
];

export class Steps extends LoadTestShape {
  override tick() {
    const step = steps.find(({ untilSeconds }) => this.getRunTime() < untilSeconds);
    return step && [step.users, 20]; // users, and how many start in a second; nothing ends the test
  }
}

export class Caller extends HttpUser {
  static override waitTime = constant(0.5);

  @task
  async call() {
    await this.client.post('/factorial/', { json: { number: 100 } });
  }
}
