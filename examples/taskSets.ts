// Task sets: a user walks through parts of a site. It stays in a part until a task there interrupts it.
import { between, HttpUser, SequentialTaskSet, TaskSet, task } from 'tsload';
import { useExampleServer } from './servers/startServer.js';

useExampleServer('restServer.mjs');

/** In no order: `small` three times as often as `large`, until `leave` is drawn. */
class Browse extends TaskSet<HttpUser> {
  @task(3)
  async small() {
    await this.client.post('/factorial/', { json: { number: 5 }, name: 'browse small' });
  }

  @task
  async large() {
    await this.client.post('/factorial/', { json: { number: 5_000 }, name: 'browse large' });
  }

  @task
  leave() {
    this.interrupt();
  }
}

/** One after the other, then back to the user. */
class Checkout extends SequentialTaskSet<HttpUser> {
  override onStart() {
    return this.client.post('/factorial/', { json: { number: 1 }, name: 'checkout cart' });
  }

  @task
  async pay() {
    await this.client.post('/factorial/', { json: { number: 2 }, name: 'checkout pay' });
  }

  @task
  async confirm() {
    await this.client.post('/factorial/', { json: { number: 3 }, name: 'checkout confirm' });
    this.interrupt();
  }
}

export class Shopper extends HttpUser {
  static override waitTime = between(0.1, 0.5);
  static override tasks = [
    [Browse, 4],
    [Checkout, 1],
  ] as const;
}
