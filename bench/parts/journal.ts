/** What a master pays when its journal begins anew with a snapshot, and for how long nothing else happens meanwhile. */
import { Child, cores, numberIn } from '../children.js';
import type { Measurement, Part } from '../measurement.js';

/** A heartbeat of a worker should not wait longer. */
const blockTarget = { is: 'at most', value: 50 } as const;

export const part: Part = {
  name: 'Snapshot of a journal: entries with 60 response times a second each, a minute old',
  async measure(): Promise<readonly Measurement[]> {
    const found: Measurement[] = [];
    for (const names of [1000, 10_000]) {
      await using child = new Child('journalSnapshot.js', { core: cores.client, arguments: [String(names)] });
      const { longest, busiest, cpu, millis, bytes } = await child.receive((message) => ({
        longest: numberIn(message, 'longest'),
        busiest: numberIn(message, 'busiest'),
        cpu: numberIn(message, 'cpu'),
        millis: numberIn(message, 'millis'),
        bytes: numberIn(message, 'bytes'),
      }));
      const of = `${names.toLocaleString('en')} entries`;
      found.push(
        { what: `${of}: processor time in one turn, at most`, value: busiest, unit: 'ms', target: blockTarget },
        { what: `${of}: from one turn to the next by the clock, at most`, value: longest, unit: 'ms' },
        { what: `${of}: processor time in all`, value: cpu, unit: 'ms' },
        { what: `${of}: until the new file is there`, value: millis, unit: 'ms' },
        { what: `${of}: the new file`, value: bytes / 1e6, unit: 'MB' },
      );
    }
    return found;
  },
};
