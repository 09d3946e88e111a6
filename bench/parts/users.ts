/** What a user costs, and whether many of them start when they should. */
import { Child, cores, numberIn, startServer } from '../children.js';
import type { Measurement, Part } from '../measurement.js';

export const part: Part = {
  name: 'Users: resident memory of the process, parallel calls, the ramp',
  async measure(): Promise<readonly Measurement[]> {
    await using server = await startServer('httpServer.js');
    const port = String(server.port);
    return [
      {
        what: '100,000 waiting HttpUsers',
        value: await probe('memory.js', ['waiting', '100000', port], 'megabytes'),
        unit: 'MB',
        target: { is: 'at most', value: 600 },
      },
      {
        what: '10,000 connected HttpUsers',
        value: await probe('memory.js', ['connected', '10000', port], 'megabytes'),
        unit: 'MB',
        target: { is: 'at most', value: 350 },
      },
      {
        what: '20 calls of 0.2 s at the same time by one HttpUser',
        value: await probe('parallel.js', [port], 'milliseconds'),
        unit: 'ms',
        // Two rounds of 200 ms, and what they cost.
        target: { is: 'at most', value: 440 },
      },
      {
        what: 'farthest of 10,000 users from its place in a ramp of 1,000/s',
        value: await probe('ramp.js', [], 'milliseconds'),
        unit: 'ms',
        target: { is: 'at most', value: 200 },
      },
    ];
  },
};

async function probe(file: string, args: readonly string[], field: string): Promise<number> {
  await using child = new Child(`probes/${file}`, { core: cores.client, arguments: args });
  return await child.receive((message) => numberIn(message, field));
}
