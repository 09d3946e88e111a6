/** Requests per second of one core: the client of HttpUser alone, beside the bare library used in the same and in the barest way. */
import { startServer } from '../children.js';
import { comparison } from '../comparison.js';
import type { Part } from '../measurement.js';
import { alternate, moduleContender, type RoundsOptions } from '../rounds.js';

const concurrency = 50;

export const part: Part = {
  name: `HTTP client alone: GET of 13 bytes, ${concurrency} connections, per second of one core`,
  async measure({ rounds, seconds }) {
    await using server = await startServer('httpServer.js');
    const options: RoundsOptions = { rounds, seconds, target: { port: server.port, concurrency } };
    const contenders = [
      moduleContender('client', 'httpClient', options),
      moduleContender('undici dispatch', 'undici', options),
      moduleContender('undici awaited', 'undiciAwaited', options),
      moduleContender('client with an interceptor', 'httpClientIntercepted', options),
    ];
    return comparison(await alternate(contenders, options), 'client', {
      'undici dispatch': { is: 'at least', value: 0.75 },
    });
  },
};
