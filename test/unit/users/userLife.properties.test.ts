/**
 * Laws of a user's life, whatever its tasks do and whenever it is stopped.
 */

import { expect, test } from 'vitest';
import {
  InterruptTaskSet,
  RescheduleTask,
  RescheduleTaskImmediately,
  StopUser,
  TaskSet,
  type TaskSetClass,
  User,
} from '../../../src/users/index.js';
import { anEnvironment } from '../../builders.js';
import { captureLog } from '../../capturedLog.js';
import fc from '../../properties.js';

/** What one task does. */
const acts: Readonly<Record<string, (owner: User | TaskSet) => unknown>> = {
  return: () => {},
  sleep: (owner) => owner.sleep(0.001),
  wait: (owner) => owner.wait(),
  throw: () => Promise.reject(new Error('broken task')),
  wrap: (owner) =>
    owner.sleep(0.001).catch((cause: unknown) => {
      throw new Error('wrapped', { cause });
    }),
  interrupt: () => {
    throw new InterruptTaskSet();
  },
  leave: async () => {
    throw new InterruptTaskSet(false);
  },
  again: () => {
    throw new RescheduleTaskImmediately();
  },
  later: () => {
    throw new RescheduleTask();
  },
  stop: () => {
    throw new StopUser();
  },
};

type Plan = readonly (string | Plan)[];
const { plan: plans } = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.array(fc.oneof({ depthSize: 'small', maxDepth: 3 }, fc.constantFrom(...Object.keys(acts)), tie('plan')), {
    minLength: 1,
    maxLength: 4,
  }),
}));

const stops = fc.constantFrom<readonly boolean[]>([false], [true], [false, true], [true, true]);

function tasksOf(plan: Plan, diary: string[]) {
  return plan.map((item, index) => {
    if (typeof item === 'string') return acts[item]!;
    const inner = item;
    const set: TaskSetClass = class extends TaskSet {
      static override tasks = tasksOf(inner, diary);
      override onStart() {
        diary.push(`+${index}`);
      }
      override async onStop() {
        diary.push(`-${index}`);
        await this.sleep(0.001);
      }
    };
    return set;
  });
}

/** The sets that were entered and not left, in a diary of their signs. */
function openSets(diary: readonly string[]): readonly string[] {
  const open: string[] = [];
  for (const entry of diary) {
    if (entry.startsWith('+')) open.push(entry.slice(1));
    else if (entry.startsWith('-') && open.pop() !== entry.slice(1)) return [`left ${entry.slice(1)} too early`];
  }
  return open;
}

test('every set that was entered is left once, from the inside out; then onStop runs once; and the user is over', async () => {
  using _ = captureLog();
  await fc.assert(
    fc.asyncProperty(plans, stops, fc.nat(12), async (plan, forces, turns) => {
      const diary: string[] = [];
      let open: readonly string[] | undefined;
      class Shopper extends User {
        static override tasks = tasksOf(plan, diary);
        override async onStop() {
          open = openSets(diary);
          await this.sleep(0.001);
          diary.push('stop');
        }
      }
      const user = new Shopper(anEnvironment());
      const over = user.start();
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      for (const isForced of forces) user.stop(isForced);
      const late = setTimeout(() => user.stop(true), 500); // for a task that was told gracefully and has just begun
      await over;
      clearTimeout(late);
      expect(diary.filter((entry) => entry === 'stop')).toHaveLength(1);
      expect(diary.at(-1)).toBe('stop');
      expect(open).toEqual([]);
      expect([user.state, user.activity.isOpen]).toEqual(['stopped', false]);
    }),
    { numRuns: 150 },
  );
});
