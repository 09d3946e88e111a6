/** The target server of a scenario, and all requests that it has seen so far. */
import type { ChildProcess } from 'node:child_process';
import { until } from '../until.js';
import type { Hit } from './hits.js';
import { type Host, targetAddress } from './network.js';
import { launch } from './processes.js';
import { programOf } from './program.js';

export const targetUrl = `http://${targetAddress}:8080`;

export class Target {
  #hits: Hit[] = [];
  #underWay = 0;
  #isReady = false;
  #isHeld = false;
  #isAll = false;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => this.#hear(message as Told));
  }

  static async open(host: Host, answerMillis: number): Promise<Target> {
    const words = [programOf('targetServer'), targetAddress, String(answerMillis)];
    const target = new Target(launch(host, words, { cwd: '/', env: {}, hasChannel: true }));
    await until(() => target.#isReady, { what: 'a target that listens' });
    return target;
  }

  /** Those that are answered, a tenth of a second late. */
  get hits(): readonly Hit[] {
    return this.#hits;
  }

  /** From now on requests stay without an answer. Resolves when so many do. */
  async hold(requests: number): Promise<void> {
    this.child.send('hold');
    await until(() => this.#isHeld && this.#underWay === requests, {
      timeoutMs: 60_000,
      what: () => `${requests} requests without an answer; there are ${this.#underWay}`,
    });
  }

  /** Every request that came, in their order. No further ones are told. */
  async all(): Promise<readonly Hit[]> {
    if (!this.#isAll) this.child.send('all');
    await until(() => this.#isAll, { what: 'all that the target has seen' });
    return this.#hits.sort((a, b) => a.at - b.at);
  }

  #hear(told: Told): void {
    this.#isReady ||= told.isReady === true;
    this.#isHeld ||= told.isHeld === true;
    for (const hit of told.hits ?? []) this.#hits.push(hit);
    this.#underWay = told.underWay ?? 0;
    this.#isAll ||= told.isAll === true;
  }
}

interface Told {
  readonly isReady?: true;
  readonly isHeld?: true;
  readonly hits?: readonly Hit[];
  readonly underWay?: number;
  readonly isAll?: true;
}
