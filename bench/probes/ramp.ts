/** The farthest that any of 10,000 users, at 1,000 a second, starts from its place in the plan, in milliseconds. */
import { constant, Environment, task, User } from 'tsload';
import { settled } from '../settled.js';

const users = 10_000;
const perSecond = 1_000;
const starts: number[] = [];

class Probe extends User {
  static override waitTime = constant(3600);

  override onStart(): void {
    starts.push(performance.now());
  }

  @task
  async nothing(): Promise<void> {}
}

const environment = new Environment({ userClasses: [Probe] });
const begin = performance.now();
environment.createLocalRunner().start(users, perSecond);
await settled(() => starts.length === users, 60);
const deviations = starts.map((at, k) => Math.abs(at - begin - (k / perSecond) * 1000));
process.send?.({ milliseconds: deviations.reduce((a, b) => Math.max(a, b)) });
