/** Starts the workers of a spawner and keeps what is heard of them. */
import type { ProcessEnd, SpawnedWorker, Spawner, WorkerOrder } from '../../../src/spawn/index.js';
import { until } from '../../until.js';

export class Heard {
  readonly lines: { readonly name: string; readonly text: string }[] = [];
  readonly ends: { readonly name: string; readonly end: ProcessEnd }[] = [];
  workers: readonly SpawnedWorker[] = [];

  constructor(readonly spawner: Spawner) {
    spawner.listen({
      line: ({ name }, text) => this.lines.push({ name, text }),
      ended: ({ name }, end) => this.ends.push({ name, end }),
    });
  }

  async start(words: readonly string[], order: Partial<WorkerOrder> = {}): Promise<void> {
    const anOrder = { masterHost: '127.0.0.1', masterPort: 9, secrets: { token: 'a-token' }, words, ...order };
    this.workers = await this.spawner.start(anOrder);
  }

  /** The lines of one worker, the first when none is named. */
  textsOf(name = this.workers[0]?.name): string[] {
    return this.lines.filter((line) => line.name === name).map(({ text }) => text);
  }

  /** Waits until every worker has said this. */
  async sees(pattern: RegExp): Promise<void> {
    const saysIt = ({ name }: SpawnedWorker) => this.textsOf(name).some((text) => pattern.test(text));
    const what = `${pattern} from every worker`;
    await until(() => (this.workers.length > 0 && this.workers.every(saysIt) ? true : this.lines.slice(-20) && false), {
      what,
    });
  }

  async end(count = this.workers.length): Promise<readonly ProcessEnd[]> {
    await until(() => this.ends.length >= count, { what: `${count} ends` });
    return this.ends.map(({ end }) => end);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.spawner.stop(0);
  }
}
