import { describe, expect, test } from 'vitest';
import { tracebackOf } from '../../../src/traceback.js';
import { ExceptionLog } from '../../../src/worker/exceptionLog.js';
import { isSaturated } from '../../../src/worker/health.js';
import { randomFrom, userKey } from '../../../src/worker/random.js';
import { describeStall } from '../../../src/worker/stallProtocol.js';
import { StartQueue } from '../../../src/worker/startQueue.js';
import fc from '../../properties.js';

describe('the queue of starts', () => {
  const drain = (queue: StartQueue, now: number): string[] => {
    const taken: string[] = [];
    for (let due = queue.takeDue(now); due !== undefined; due = queue.takeDue(now)) taken.push(due);
    return taken;
  };

  test('gives users in the order of their times, and none before its time', () => {
    const queue = new StartQueue();
    queue.add('A', [1, 3, 5]);
    queue.add('B', [2, 3, 9]);
    expect(queue.nextTime).toBe(1);
    expect(drain(queue, 0.5)).toEqual([]);
    expect(drain(queue, 3)).toEqual(['A', 'B', 'A', 'B']);
    expect([queue.size, queue.countOf('A'), queue.countOf('B'), queue.nextTime]).toEqual([2, 1, 1, 5]);
  });

  test('takes back the latest of a class and leaves the others', () => {
    const queue = new StartQueue();
    queue.add('A', [1, 2, 3]);
    queue.add('B', [2.5]);
    expect(queue.takeBack('A', 2)).toBe(2);
    expect(queue.takeBack('A', 5)).toBe(1);
    expect(queue.takeBack('A', 1)).toBe(0);
    expect(drain(queue, 10)).toEqual(['B']);
  });

  test('behaves as a sorted list would, whatever is added and taken', () => {
    const action = fc.oneof(
      fc.record({ add: fc.constantFrom('A', 'B'), times: fc.array(fc.nat(50), { maxLength: 20 }) }),
      fc.record({ due: fc.nat(60) }),
      fc.record({ back: fc.constantFrom('A', 'B'), count: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const queue = new StartQueue();
        let model: { time: number; of: string }[] = [];
        for (const step of actions) {
          if ('add' in step) {
            const times = [...step.times].sort((a, b) => a - b);
            queue.add(step.add, times);
            model.push(...times.map((time) => ({ time, of: step.add })));
            model.sort((a, b) => a.time - b.time);
          } else if ('due' in step) {
            const due = model.filter(({ time }) => time <= step.due);
            model = model.filter(({ time }) => time > step.due);
            expect(drain(queue, step.due).sort()).toEqual(due.map(({ of }) => of).sort());
          } else {
            const places = model.flatMap(({ of }, at) => (of === step.back ? [at] : [])).slice(-step.count || Infinity);
            expect(queue.takeBack(step.back, step.count)).toBe(step.count === 0 ? 0 : places.length);
            if (step.count > 0) model = model.filter((_, at) => !places.includes(at));
          }
          expect(queue.size).toBe(model.length);
          expect(queue.nextTime).toBe(model[0]?.time);
        }
      }),
    );
  });
});

describe('chance with a seed', () => {
  test('depends on the key alone, and lies in [0, 1)', () => {
    const draw = (key: string) => Array.from({ length: 50 }, randomFrom(key));
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
    for (const value of draw('c')) expect(value >= 0 && value < 1).toBe(true);
  });

  test('seed, worker, class and ordinal each make another key', () => {
    const keys = [
      userKey(1, 0, 'A', 0),
      userKey(2, 0, 'A', 0),
      userKey(1, 1, 'A', 0),
      userKey(1, 0, 'B', 0),
      userKey(1, 0, 'A', 1),
    ];
    expect(new Set(keys.map((key) => randomFrom(key)())).size).toBe(keys.length);
  });

  test('the numbers are spread evenly, for neighbouring users as well', () => {
    const buckets = new Array<number>(10).fill(0);
    for (let user = 0; user < 1000; user++) {
      const next = randomFrom(userKey(1, 0, 'Shopper', user));
      for (let i = 0; i < 10; i++) buckets[Math.floor(next() * 10)]!++;
    }
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('exceptions', () => {
  test('equal tracebacks are one group with a count, and taking them empties the log', () => {
    const log = new ExceptionLog();
    const thrown = new TypeError('x');
    for (const each of [thrown, thrown, undefined, 'text', { code: 7 }]) log.add(each);
    const taken = log.take();
    expect(taken.map(({ message, count }) => [message, count])).toEqual([
      ['TypeError: x', 2],
      ['thrown value: undefined', 1],
      ['text', 1],
      ['thrown value: {"code":7}', 1],
    ]);
    expect(log.take()).toEqual([]);
  });

  test('beyond 200 different ones in one interval further ones are counted together', () => {
    const log = new ExceptionLog();
    for (let at = 0; at < 500; at++) log.add(`number ${at}`);
    const taken = log.take();
    expect(taken).toHaveLength(201);
    expect(taken.at(-1)).toMatchObject({ message: '(further exceptions)', count: 300 });
  });

  test('a traceback has the frames of the user, and none of tsload or Node', () => {
    const thrown = new Error('x');
    const own = new URL('../../../src/users/taskLoop.ts', import.meta.url);
    thrown.stack = [
      'Error: x',
      '    at Shopper.buy (/tests/locustfile.ts:3:9)',
      `    at TaskLoop.run (${own.pathname}:1:1)`,
      `    at TaskLoop.run (${own.href}:1:1)`,
      '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    ].join('\n');
    expect(tracebackOf(thrown)).toBe('Error: x\n    at Shopper.buy (/tests/locustfile.ts:3:9)');
  });

  test('a traceback without any frame of the user keeps all: the fault is elsewhere', () => {
    const thrown = new Error('x');
    thrown.stack = `Error: x\n    at TaskLoop.run (${new URL('../../../src/users/taskLoop.ts', import.meta.url).href}:1:1)`;
    expect(tracebackOf(thrown)).toBe(thrown.stack);
  });
});

test.each([
  [0.5, 10, false],
  [0.91, 0, true],
  [0.2, 51, true],
  [0.9, 50, false],
])('a loop that is busy for %d of the time and %d ms late is saturated: %s', (utilisation, delay, expected) => {
  expect(isSaturated(1000, utilisation, delay)).toBe(expected);
});

test('the message of a stall names task, class and place, as far as they are known', () => {
  expect(describeStall(5, { userClass: 'Shopper', functionName: 'buy', where: '/w/a.ts:3:1' })).toMatch(
    /^buy of Shopper at \/w\/a\.ts:3:1 has kept the process busy for 5 s/,
  );
  expect(describeStall(5, { userClass: '', functionName: '', where: '' })).toMatch(/^code has kept/);
});
