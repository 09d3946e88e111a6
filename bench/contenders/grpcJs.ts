/** Bare grpc-js: one client a connection, as an application writes it, each call begun when the one before has ended. */
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Work } from '../rounds.js';

interface MathClient {
  calculateFactorial(request: object, done: (error: Error | null, response: unknown) => void): void;
}
type MathClientClass = new (address: string, credentials: unknown, options: object) => MathClient;

export const work: Work = ({ port, concurrency }, gate) => {
  let completed = 0;
  const MathService = mathServiceClass();
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  for (let i = 0; i < concurrency; i++) {
    const client = new MathService(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    const call = (): void => {
      client.calculateFactorial({ number: 10_000 }, (error) => {
        if (error) throw error;
        completed++;
        if (gate.isOpen) call();
        else gate.pass(call);
      });
    };
    gate.pass(call);
  }
  return { completed: () => completed };
};

function mathServiceClass(): MathClientClass {
  const loaded: Readonly<Record<string, unknown>> = loadPackageDefinition(loadSync('proto/item.proto'));
  const found: unknown = Reflect.get(Object(loaded['item']), 'MathService');
  if (!isClientClass(found)) throw new Error('proto/item.proto has no service item.MathService');
  return found;
}

function isClientClass(value: unknown): value is MathClientClass {
  return typeof value === 'function';
}
