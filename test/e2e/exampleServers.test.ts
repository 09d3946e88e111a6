/** What the example servers answer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Client, credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { repository } from './tsload.js';

/** Ends with the block: its standard input closes. */
async function aServer(file: string): Promise<{ readonly url: string } & Disposable> {
  const server: ChildProcess = spawn(
    process.execPath,
    [join(repository, 'examples/servers', file), '--until-stdin-ends'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const end = () => void server.stdin?.end();
  for await (const line of createInterface(server.stdout ?? process.stdin)) {
    return { url: line.replace('listening on ', ''), [Symbol.dispose]: end };
  }
  throw new Error(`${file} ended`);
}

/** number! modulo 100000007, the long way. */
function factorial(number: number): number {
  let product = 1n;
  for (let factor = 2n; factor <= number; factor++) product *= factor;
  return Number(product % 100_000_007n);
}

test('the REST server answers POST /factorial/ with the factorial modulo 100000007 and the time it took', async () => {
  using server = await aServer('restServer.mjs');
  const ask = (body: string, path = '/factorial/', method = 'POST') =>
    fetch(`${server.url}${path}`, { method, ...(method === 'GET' ? {} : { body }) });
  for (const number of [0, 1, 5, 1000, 10_000]) {
    const answer = await ask(JSON.stringify({ number }));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ result: factorial(number), time_taken: expect.any(Number) });
  }
  for (const bad of [
    '{"number": -1}',
    '{"number": 1.5}',
    '{"number": "5"}',
    '{"number": 1e9}',
    '{}',
    'null',
    'nonsense',
    '',
  ]) {
    expect((await ask(bad)).status, bad).toBe(400);
  }
  expect((await ask(`"${'x'.repeat(5000)}"`)).status).toBe(400);
  expect((await ask('{"number": 5}', '/other')).status).toBe(404);
  expect((await ask('', '/factorial/', 'GET')).status).toBe(405);
});

test('the gRPC server answers the same, and refuses what the REST server refuses', async () => {
  using server = await aServer('grpcServer.mjs');
  const { item } = loadPackageDefinition(loadSync(join(repository, 'proto/item.proto'), { longs: Number }));
  if (typeof item !== 'object' || !('MathService' in item) || typeof item.MathService !== 'function')
    throw new Error('no service');
  const client: Client = new item.MathService(server.url.replace('grpc://', ''), credentials.createInsecure());
  const call = (number: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, value: unknown) => (error ? reject(error) : resolve(value));
      const method: unknown = Reflect.get(client, 'CalculateFactorial');
      if (typeof method === 'function') method.call(client, { number }, done);
    });
  for (const number of [0, 5, 10_000]) {
    expect(await call(number)).toEqual({ result: factorial(number), timeTaken: expect.any(Number) });
  }
  await expect(call(-1)).rejects.toMatchObject({ code: 3 });
  client.close();
});
