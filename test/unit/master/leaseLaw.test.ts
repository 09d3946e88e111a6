import { expect, test } from 'vitest';
import { defaultPatience, Silence } from '../../../src/master/silence.js';
import { expired } from '../../../src/worker/lease.js';
import fc from '../../properties.js';

const leaseSeconds = 8;

/** Milliseconds; `Infinity`: it never arrives. */
interface Beat {
  readonly pause: number;
  readonly thereMillis: number;
  readonly backMillis: number;
}

const delay = fc.oneof(
  { weight: 4, arbitrary: fc.nat(50) },
  { weight: 2, arbitrary: fc.nat(12_000) },
  { weight: 3, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
);
const beats = fc.array(
  fc.record<Beat>({ pause: fc.integer({ min: 100, max: 3000 }), thereMillis: delay, backMillis: delay }),
  { maxLength: 25 },
);
/** Milliseconds between two ticks of the master: on time, or late because it stood still. */
const ticks = fc.array(
  fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 900, max: 1300 }) }, { weight: 1, arbitrary: fc.nat(40_000) }),
  { minLength: 40, maxLength: 60 },
);

/** When the master gives the users away; undefined: not in these ticks. It reads what has come after each tick, not before. */
function replacedAt(stopTimeoutSeconds: number, gaps: readonly number[], heard: readonly number[]): number | undefined {
  const silence = new Silence(defaultPatience, 0);
  const worker = { heardAt: 0, graceSeconds: 600, isMissing: false, isReplaced: false };
  let now = 0;
  for (const gap of gaps) {
    now += gap;
    silence.tick(now);
    const verdict = silence.judge(worker, worker, leaseSeconds + stopTimeoutSeconds);
    if (verdict === 'replace') return now;
    if (verdict === 'missing') worker.isMissing = true;
    const latest = heard.findLast((at) => at <= now);
    if (latest !== undefined && latest > worker.heardAt) Object.assign(worker, { heardAt: now, isMissing: false });
  }
  return undefined;
}

/** When the worker's users have to stop: at the first look at which the lease is over. It looks each quarter of a second. */
function stoppedAt(answers: readonly { readonly sentAt: number; readonly at: number }[]): number {
  for (let now = 0; ; now += 250) {
    const provenAt = Math.max(0, ...answers.filter(({ at }) => at <= now).map(({ sentAt }) => sentAt));
    const contact = { now, provenAt, interruptedAt: undefined, isHeard: true, epoch: 0 };
    if (expired(contact, 600, { leaseSeconds, runEnd: Number.POSITIVE_INFINITY }).includes('lease')) return now;
  }
}

test('whatever is lost or late, and whoever stands still, users are given to others only when they must have stopped', () => {
  let given = 0;
  fc.assert(
    fc.property(beats, ticks, fc.nat(5), (schedule, gaps, stopTimeoutSeconds) => {
      let now = 0;
      let lastThere = 0;
      const heard: number[] = [];
      const answers: { sentAt: number; at: number }[] = [];
      for (const { pause, thereMillis, backMillis } of schedule) {
        now += pause;
        lastThere = Math.max(lastThere, now + thereMillis); // one connection: nothing overtakes
        if (lastThere === Number.POSITIVE_INFINITY) break;
        heard.push(lastThere);
        answers.push({ sentAt: now, at: lastThere + backMillis });
      }
      const replaced = replacedAt(stopTimeoutSeconds, gaps, heard);
      if (replaced === undefined) return;
      given++;
      expect(stoppedAt(answers) + stopTimeoutSeconds * 1000).toBeLessThan(replaced);
    }),
    { numRuns: 1000 },
  );
  expect(given).toBeGreaterThan(300);
});
