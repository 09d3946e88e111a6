/** Requests per second of one core: HttpUser in a whole run, beside the bare library and other load generators. */
import { startServer } from '../children.js';
import { comparison } from '../comparison.js';
import type { Part } from '../measurement.js';
import { httpPeers } from '../peers/peers.js';
import { alternate, moduleContender, type RoundsOptions } from '../rounds.js';

const concurrency = 50;

export const part: Part = {
  name: `HTTP: GET of 13 bytes, ${concurrency} users or connections, per second of one core`,
  async measure({ rounds, seconds }) {
    await using server = await startServer('httpServer.js');
    const options: RoundsOptions = { rounds, seconds, target: { port: server.port, concurrency } };
    const contenders = [
      moduleContender('HttpUser', 'httpUser', options),
      moduleContender('undici dispatch', 'undici', options),
      ...httpPeers(options),
    ];
    return comparison(await alternate(contenders, options), 'HttpUser', {
      'undici dispatch': { is: 'at least', value: 0.75 },
      'Locust HttpUser': { is: 'at least', value: 20 },
    });
  },
};
