/**
 * How long one user's twenty calls at the same time take, each of which the server answers after 0.2 s: `parallel.js PORT`. A user
 * has ten connections, so they go in two rounds. The first twenty open the connections and are not counted.
 */
import { constant, Environment, HttpUser, task } from 'tsload';
import { settled } from '../settled.js';

const calls = 20;
let milliseconds: number | undefined;

class Probe extends HttpUser {
  static override waitTime = constant(3600);

  @task
  async ask(): Promise<void> {
    await this.#askAtOnce();
    const start = performance.now();
    await this.#askAtOnce();
    milliseconds = performance.now() - start;
  }

  async #askAtOnce(): Promise<void> {
    const responses = await Promise.all(Array.from({ length: calls }, () => this.client.get('/slow')));
    if (responses.some(({ status }) => status !== 200)) throw new Error('a call failed');
  }
}

const environment = new Environment({ userClasses: [Probe], host: `http://127.0.0.1:${process.argv[2]}` });
environment.createLocalRunner().start(1, 1);
await settled(() => milliseconds !== undefined, 20);
process.send?.({ milliseconds });
