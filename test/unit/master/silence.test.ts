import { describe, expect, test } from 'vitest';
import { defaultPatience, Silence, type Silent } from '../../../src/master/silence.js';

/** A worker, and a silence that ticks each second from 0 on. */
function aSilence(worker: Partial<Silent> = {}) {
  const silence = new Silence(defaultPatience, 0);
  const key = {};
  const silent = { heardAt: 0, graceSeconds: 60, isMissing: false, isReplaced: false, ...worker };
  let now = 0;
  const tick = (seconds: number, leaseEndSeconds: number | undefined) => {
    now += seconds * 1000;
    silence.tick(now);
    return silence.judge(key, silent, leaseEndSeconds);
  };
  silence.judge(key, silent, undefined);
  return {
    silent,
    /** What is judged when so many seconds have passed, in ticks of one. */
    after(seconds: number, leaseEndSeconds?: number) {
      for (let i = 1; i < seconds; i++) tick(1, leaseEndSeconds);
      return tick(1, leaseEndSeconds);
    },
    /** This process stood still for so many seconds. */
    frozen: (seconds: number) => tick(seconds, undefined),
    patienceLeft: () => silence.patienceLeft(key, silent),
  };
}

describe('silence', () => {
  test('[129] of 6 seconds makes a worker missing, of 5 it does not', () => {
    const silence = aSilence();
    expect(silence.after(5)).toBeUndefined();
    expect(silence.after(1)).toBe('missing');
  });

  test('begins anew with every sign of the worker', () => {
    const silence = aSilence();
    silence.after(5);
    silence.silent.heardAt = 5000;
    expect(silence.after(6), 'it counts from the tick that finds the sign').toBeUndefined();
    expect(silence.after(1)).toBe('missing');
  });

  test('does not count while this process itself stood still', () => {
    const silence = aSilence();
    expect(silence.frozen(30)).toBeUndefined();
    expect(silence.frozen(30)).toBeUndefined();
    expect(silence.after(5)).toBe('missing');
  });

  test('ends the wait for a missing worker 5 seconds after its own grace', () => {
    const silence = aSilence({ isMissing: true, graceSeconds: 20 });
    expect(silence.patienceLeft()).toBe(25);
    expect(silence.after(10)).toBeUndefined();
    expect(silence.patienceLeft()).toBe(15);
    expect(silence.after(15)).toBeUndefined();
    expect(silence.after(1)).toBe('remove');
  });

  test('gives users to others 2 seconds after lease and stop timeout, once', () => {
    const silence = aSilence({ isMissing: true });
    expect(silence.after(13, 8 + 3)).toBeUndefined();
    expect(silence.after(1, 8 + 3)).toBe('replace');
    silence.silent.isReplaced = true;
    expect(silence.after(1, 8 + 3)).toBeUndefined();
  });

  test('gives no users away without a lease', () => {
    expect(aSilence({ isMissing: true }).after(60)).toBeUndefined();
  });
});
