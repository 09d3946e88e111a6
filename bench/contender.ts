/** The process of one turn: starts the work of a module, lets it warm up, and sends what it did in the measured time. */

import { numberIn } from './children.js';
import type { Work } from './rounds.js';

interface Order {
  readonly module: string;
  readonly target: { readonly port: number; readonly concurrency: number };
  readonly seconds: number;
  readonly warmupSeconds: number;
}

process.on('disconnect', () => process.exit());
process.once('message', (message) => {
  takeTurn(readOrder(message)).then(
    (turn) => process.send?.(turn),
    (thrown: unknown) => {
      console.error(thrown);
      process.exit(1);
    },
  );
});

function readOrder(message: unknown): Order {
  const module: unknown = Reflect.get(Object(message), 'module');
  const target: unknown = Reflect.get(Object(message), 'target');
  if (typeof module !== 'string') throw new Error('a turn needs the name of a module');
  return {
    module,
    target: { port: numberIn(target, 'port'), concurrency: numberIn(target, 'concurrency') },
    seconds: numberIn(message, 'seconds'),
    warmupSeconds: numberIn(message, 'warmupSeconds'),
  };
}

async function takeTurn(order: Order): Promise<object> {
  const { work }: { work: Work } = await import(order.module);
  await using running = await work(order.target);
  await passed(order.warmupSeconds);
  const before = { operations: running.completed(), at: performance.now(), cpu: process.cpuUsage() };
  await passed(order.seconds);
  const { user, system } = process.cpuUsage(before.cpu);
  return {
    operations: running.completed() - before.operations,
    seconds: (performance.now() - before.at) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
}

function passed(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
