import { expect, test } from 'vitest';
import { Activity, Pending } from '../../../src/users/activity.js';
import fc from '../../properties.js';

class Call extends Pending {
  readonly reasons: unknown[] = [];
  cancel(reason: unknown): void {
    this.reasons.push(reason);
  }
}

const turn = () => new Promise(setImmediate);

test('a stop cancels what is under way, each once, and nothing that is over', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 20 }), (isOver) => {
      const activity = new Activity();
      const calls = isOver.map(() => new Call());
      for (const call of calls) expect(activity.enter(call)).toBe(true);
      calls.forEach((call, i) => {
        if (isOver[i]) activity.leave(call);
      });
      activity.stop('first');
      activity.stop('second');
      activity.close();
      expect(calls.map((call) => call.reasons)).toEqual(isOver.map((over) => (over ? [] : ['first'])));
    }),
  );
});

test('leaving twice, or without having entered, does nothing to others', () => {
  const activity = new Activity();
  const [one, two, never] = [new Call(), new Call(), new Call()];
  activity.enter(one);
  activity.enter(two);
  activity.leave(one);
  activity.leave(one);
  activity.leave(never);
  activity.stop('stop');
  expect([one.reasons, two.reasons, never.reasons]).toEqual([[], ['stop'], []]);
});

test('what is entered by a call that is being cancelled is not begun', async () => {
  const activity = new Activity();
  const next = new Call();
  let isBegun: boolean | undefined;
  class Chain extends Pending {
    cancel() {
      isBegun = activity.enter(next);
    }
  }
  activity.enter(new Chain());
  activity.stop('stop');
  expect([isBegun, next.reasons]).toEqual([false, []]);
  await turn();
  expect(next.reasons).toEqual(['stop']);
});

test('after a stop a new await is cancelled, but not before a turn of the event loop', async () => {
  const activity = new Activity();
  activity.stop('stop');
  const call = new Call();
  expect(activity.enter(call)).toBe(false);
  await Promise.resolve();
  expect(call.reasons).toEqual([]);
  await turn();
  expect(call.reasons).toEqual(['stop']);
});

test('once closed, or reopened meanwhile, such an await never settles', async () => {
  for (const end of ['close', 'reopen'] as const) {
    const activity = new Activity();
    activity.stop('stop');
    const call = new Call();
    activity.enter(call);
    activity[end]();
    const late = new Call();
    expect(activity.enter(late)).toBe(end === 'reopen');
    await turn();
    await turn();
    expect([call.reasons, late.reasons]).toEqual([[], []]);
  }
});

test('reopened, awaits work and can be stopped again', () => {
  const activity = new Activity();
  activity.stop('first');
  activity.reopen();
  const call = new Call();
  expect([activity.isOpen, activity.enter(call)]).toEqual([true, true]);
  activity.stop('second');
  expect([activity.isOpen, call.reasons]).toEqual([false, ['second']]);
});
