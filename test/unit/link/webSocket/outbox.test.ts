import { describe, expect, test } from 'vitest';
import { LinkError } from '../../../../src/errors.js';
import { Outbox } from '../../../../src/link/webSocket/outbox.js';
import fc from '../../../properties.js';

type Step =
  | { readonly kind: 'add'; readonly count: number }
  | { readonly kind: 'write'; readonly count: number }
  | { readonly kind: 'acknowledge'; readonly share: number }
  | { readonly kind: 'resume'; readonly share: number };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ kind: fc.constant('acknowledge' as const), share }),
  fc.record({ kind: fc.constant('resume' as const), share }),
);

describe('what is kept until it is acknowledged', () => {
  test('is written in order, again after a resume, and kept as long as nobody has it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const outbox = new Outbox();
        let [added, acknowledged, written, next] = [0, 0, 0, 1];
        for (const done of steps) {
          if (done.kind === 'add') {
            for (let at = 0; at < done.count; at++) {
              expect(outbox.nextNumber).toBe(++added);
              outbox.add(Uint8Array.of(added % 251, 0));
            }
          } else if (done.kind === 'write') {
            for (let at = 0; at < done.count; at++) {
              const frame = outbox.next();
              if (next > added) expect(frame).toBeUndefined();
              else expect(frame?.[0]).toBe(next++ % 251);
            }
            written = Math.max(written, next - 1);
          } else {
            const received = acknowledged + Math.floor((written - acknowledged) * done.share);
            if (done.kind === 'acknowledge') outbox.acknowledge(received);
            else outbox.resumeAfter(received);
            acknowledged = received;
            next = done.kind === 'resume' ? received + 1 : Math.max(next, received + 1);
          }
          expect(outbox.keptBytes).toBe(2 * (added - acknowledged));
          expect(outbox.isEmpty).toBe(added === acknowledged);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('cannot be acknowledged before it was written, nor asked for when it is gone', () => {
    const outbox = new Outbox();
    for (let at = 0; at < 3; at++) outbox.add(Uint8Array.of(at));
    outbox.next();
    expect(() => outbox.acknowledge(2)).toThrow(new LinkError('message 2 was acknowledged, but only 1 were sent'));
    outbox.next();
    outbox.acknowledge(2);
    outbox.acknowledge(1); // of an acknowledgement that was overtaken
    expect(() => outbox.resumeAfter(0)).toThrow(
      new LinkError('messages from 1 on were asked for, but those up to 2 are gone'),
    );
  });
});
