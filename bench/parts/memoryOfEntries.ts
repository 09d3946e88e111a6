/** Memory of 10,000 entries with 1,000 samples each, master and worker in one process: reported in one go, and over ten seconds. */
import { Child, cores, numberIn } from '../children.js';
import type { Measurement, Part } from '../measurement.js';

export const part: Part = {
  name: 'Memory of 10,000 entries with 1,000 samples each, log-uniform over 1 to 100 ms',
  async measure(): Promise<readonly Measurement[]> {
    const found: Measurement[] = [];
    for (const seconds of [1, 10]) {
      await using child = new Child('memoryOfEntries.js', { core: cores.client, arguments: [String(seconds)] });
      const peak = await child.receive((message) => numberIn(message, 'peak') / 1e6);
      found.push({
        what: `in ${seconds} reports, at most`,
        value: peak,
        unit: 'MB',
        target: { is: 'at most', value: 500 },
      });
    }
    return found;
  },
};
