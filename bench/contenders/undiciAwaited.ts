/** Bare undici as a test would use it: the same headers as HttpUser, a promise for each request, the body kept. */
import { Client, type Dispatcher } from 'undici';
import type { Work } from '../rounds.js';

const headers = ['user-agent', 'tsload', 'accept-encoding', 'gzip, deflate, br', 'accept', '*/*'];

export const work: Work = async ({ port, concurrency }) => {
  let completed = 0;
  let isOver = false;
  const loop = async () => {
    const client = new Client(`http://127.0.0.1:${port}`);
    while (!isOver) {
      await new Promise<Buffer>((resolve, reject) =>
        client.dispatch({ path: '/', method: 'GET', headers }, new Reader(resolve, reject)),
      );
      completed++;
    }
    await client.close();
  };
  const loops = Array.from({ length: concurrency }, loop);
  return {
    completed: () => completed,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await Promise.all(loops);
    },
  };
};

class Reader implements Dispatcher.DispatchHandler {
  readonly #chunks: Buffer[] = [];

  constructor(
    private readonly resolve: (body: Buffer) => void,
    private readonly reject: (reason: unknown) => void,
  ) {}

  onRequestStart(): void {}
  onResponseStart(): void {}

  onResponseData(_: unknown, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.resolve(Buffer.concat(this.#chunks));
  }

  onResponseError(_: unknown, error: Error): void {
    this.reject(error);
  }
}
