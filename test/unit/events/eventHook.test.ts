import { expect, test, vi } from 'vitest';
import { EventHook, Events } from '../../../src/events/index.js';
import { InterruptTaskSet, StopUser } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';

test('listeners run in the order in which they were added, or the other way round', () => {
  const hook = new EventHook<string>('word');
  const heard: string[] = [];
  hook.addListener((word) => heard.push(`first ${word}`));
  hook.addListener((word) => heard.push(`second ${word}`));
  hook.fire('a');
  hook.fire('b', { reverse: true });
  expect(heard).toEqual(['first a', 'second a', 'second b', 'first b']);
});

test('addListener returns its listener, and a listener that was removed hears nothing', () => {
  const hook = new EventHook<string>('word');
  const heard: string[] = [];
  const listener = hook.addListener((word: string) => heard.push(word));
  hook.fire('a');
  hook.removeListener(listener);
  hook.removeListener(listener);
  hook.fire('b');
  expect(heard).toEqual(['a']);
  expect(hook.isListened).toBe(false);
});

test('a listener added while an event is fired hears the next one, and one removed still hears this one', () => {
  const hook = new EventHook<string>('word');
  const heard: string[] = [];
  const late = (word: string) => heard.push(`late ${word}`);
  hook.addListener(() => hook.addListener(late));
  hook.fire('a');
  expect(heard).toEqual([]);
  hook.removeListener(late);
  hook.addListener((word) => heard.push(`last ${word}`));
  hook.fire('b');
  expect(heard).toEqual(['last b']);
});

test('[140] a listener that throws is logged, and the others still run', async () => {
  using log = captureLog();
  const events = new Events();
  const heard: string[] = [];
  events.testStop.addListener(() => {
    throw new Error('broken listener');
  });
  events.testStop.addListener(async () => {
    throw undefined;
  });
  events.testStop.addListener(() => heard.push('third'));
  const allWell = await events.testStop.fireAndWait(Object.create(null));
  expect(allWell).toBe(false);
  expect(heard).toEqual(['third']);
  expect(log.at('ERROR')).toHaveLength(2);
  expect(log.at('ERROR')[0]).toMatch(/listener of testStop failed: Error: broken listener\n\s+at /);
  expect(log.at('ERROR')[1]).toMatch(/listener of testStop failed: thrown value: undefined/);
  expect(events.hasFailedListener).toBe(true);
});

test('fireAndWait waits for one listener before it calls the next', async () => {
  const hook = new EventHook<string>('word');
  const heard: string[] = [];
  hook.addListener(async () => {
    heard.push('begin');
    await new Promise(setImmediate);
    heard.push('end');
  });
  hook.addListener(() => heard.push('next'));
  expect(await hook.fireAndWait('a')).toBe(true);
  expect(heard).toEqual(['begin', 'end', 'next']);
});

test('an async listener of an event that is not waited for is logged when it rejects, and counted as failed', async () => {
  using log = captureLog();
  const events = new Events();
  events.spawningComplete.addListener(async () => {
    await new Promise(setImmediate);
    throw new Error('too late');
  });
  events.spawningComplete.fire({ userCount: 1 });
  await until(() => events.hasFailedListener);
  expect(log.at('ERROR')[0]).toMatch(/spawningComplete failed: Error: too late/);
});

test('a control exception goes straight to whoever fires, and later listeners are skipped', async () => {
  using log = captureLog();
  const events = new Events();
  const heard: string[] = [];
  events.testStart.addListener(() => {
    throw new InterruptTaskSet();
  });
  events.testStart.addListener(() => heard.push('skipped'));
  const event = Object.create(null);
  expect(() => events.testStart.fire(event)).toThrow(InterruptTaskSet);
  await expect(events.testStart.fireAndWait(event)).rejects.toThrow(InterruptTaskSet);
  expect(heard).toEqual([]);
  expect(log.records).toEqual([]);
  expect(events.hasFailedListener).toBe(false);
});

test('a control exception of an async listener that nobody waits for is a warning and no failure', async () => {
  using log = captureLog();
  const events = new Events();
  events.testStart.addListener(async () => {
    throw new StopUser();
  });
  events.testStart.fire(Object.create(null));
  await until(() => log.at('WARNING').length > 0);
  expect(log.at('WARNING')[0]).toContain('async listener of testStart threw StopUser');
  expect(events.hasFailedListener).toBe(false);
});

test('a listener that never finishes is named while the run waits, and given up where a test ends', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    using log = captureLog();
    const events = new Events();
    events.testStopping.addListener(() => new Promise(() => {}));
    const firing = events.testStopping.fireAndWait(Object.create(null));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(log.at('WARNING')).toHaveLength(5);
    expect(log.at('WARNING')[0]).toContain('a listener of testStopping has not finished after 10 s');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await firing).toBe(false);
    expect(log.at('ERROR')[0]).toMatch(/listener of testStopping failed: .*not finished after 60 s/);
    expect(events.hasFailedListener).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
