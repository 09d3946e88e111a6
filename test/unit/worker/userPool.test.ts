import { expect, test } from 'vitest';
import { User } from '../../../src/users/index.js';
import { type LiveUser, UserPool } from '../../../src/worker/userPool.js';
import { anEnvironment } from '../../builders.js';
import fc from '../../properties.js';

class Idle extends User {}
const user = new Idle(anEnvironment());

test('the latest users of a class are taken first, and each only once', () => {
  const pool = new UserPool();
  const entries = [0, 1, 2, 3].map(() => pool.add('A', user));
  pool.add('B', user);
  expect(pool.takeLatest('A', 2)).toEqual([entries[3], entries[2]]);
  expect(pool.takeLatest('A', 9)).toEqual([entries[1], entries[0]]);
  expect(pool.takeLatest('A', 1)).toEqual([]);
  expect([pool.stayingOf('A'), pool.stayingOf('B'), pool.size]).toEqual([0, 1, 5]);
  expect(pool.takeAll()).toHaveLength(5);
});

test('counts hold, and the latest are found, whatever starts, ends and leaves', () => {
  const action = fc.oneof(
    fc.constant('add' as const),
    fc.record({ end: fc.nat(1000) }),
    fc.record({ leave: fc.nat(4) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
      const pool = new UserPool();
      let model: LiveUser[] = [];
      for (const step of actions) {
        if (step === 'add') model.push(pool.add('A', user));
        else if ('end' in step && model.length > 0) {
          const ended = model[step.end % model.length]!;
          pool.remove(ended);
          pool.remove(ended);
          model = model.filter((entry) => entry !== ended);
        } else if ('leave' in step) {
          const expected = model
            .filter(({ isLeaving }) => !isLeaving)
            .slice(-step.leave || Number.POSITIVE_INFINITY)
            .reverse();
          expect(pool.takeLatest('A', step.leave)).toEqual(step.leave === 0 ? [] : expected);
        }
        expect(pool.size).toBe(model.length);
        expect(pool.stayingOf('A')).toBe(model.filter(({ isLeaving }) => !isLeaving).length);
        expect([...pool]).toEqual(model);
      }
    }),
  );
});

test('ending 100,000 users in any order is quick', () => {
  const pool = new UserPool();
  const entries = Array.from({ length: 100_000 }, () => pool.add('A', user));
  const before = process.cpuUsage();
  for (const entry of entries) pool.remove(entry);
  const { user: micros } = process.cpuUsage(before);
  expect(pool.size).toBe(0);
  expect(micros / 1e6).toBeLessThan(1);
});
