/** Bare undici as a test would use it: the same headers as HttpUser, a promise for each request, the body kept. */
import { Client, type Dispatcher } from 'undici';
import type { Work } from '../rounds.js';

const headers = ['user-agent', 'tsload', 'accept-encoding', 'gzip, deflate, br', 'accept', '*/*'];

export const work: Work = ({ port, concurrency }, gate) => {
  let completed = 0;
  const loop = async (): Promise<never> => {
    const client = new Client(`http://127.0.0.1:${port}`);
    for (;;) {
      if (!gate.isOpen) await gate.opened();
      await new Promise<Buffer>((resolve, reject) =>
        client.dispatch({ path: '/', method: 'GET', headers }, new Reader(resolve, reject)),
      );
      completed++;
    }
  };
  for (let i = 0; i < concurrency; i++) {
    loop().catch((thrown: unknown) => {
      throw thrown;
    });
  }
  return { completed: () => completed };
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
