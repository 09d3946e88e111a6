/**
 * The process of a contender for one round: starts the work of a module, lets it warm up, and then works for as long as each
 * message says and answers with what it did. In between it rests.
 */
import { once } from 'node:events';
import { numberIn } from './children.js';
import { Gate } from './gate.js';
import type { RunningWork, Turn, Work } from './rounds.js';

/** Before a turn is counted: until all connections are at work again. */
const startSeconds = 0.03;
/** After it: until the last answers have come, which are the next contender's no more. */
const endSeconds = 0.02;

process.on('disconnect', () => process.exit());

const gate = new Gate();
const [order]: readonly unknown[] = await once(process, 'message');
const target: unknown = Reflect.get(Object(order), 'target');
const { work }: { work: Work } = await import(String(Reflect.get(Object(order), 'module')));
const running = work({ port: numberIn(target, 'port'), concurrency: numberIn(target, 'concurrency') }, gate);
gate.open();
await passed(numberIn(order, 'warmupSeconds'));
gate.close();
process.send?.({ warm: 1 });
process.on('message', (message) => {
  takeTurn(running, numberIn(message, 'seconds')).then((turn) => process.send?.(turn), fail);
});

async function takeTurn({ completed }: RunningWork, seconds: number): Promise<Turn> {
  gate.open();
  await passed(startSeconds);
  const before = { operations: completed(), cpu: process.cpuUsage() };
  await passed(seconds);
  const { user, system } = process.cpuUsage(before.cpu);
  const operations = completed() - before.operations;
  gate.close();
  await passed(endSeconds);
  return { operations, cpuSeconds: (user + system) / 1e6 };
}

function fail(thrown: unknown): void {
  console.error(thrown);
  process.exit(1);
}

function passed(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
