import { createMemoryLink } from '../../../src/link/index.js';
import { linkSuite } from './linkSuite.js';
import { aMaster, aWorkerOf } from './webSocket/ends.js';

linkSuite('in memory', async () => ({ ...createMemoryLink(), [Symbol.asyncDispose]: async () => {} }));

linkSuite('over WebSocket', async () => {
  const master = await aMaster();
  const worker = await aWorkerOf({ port: master.port });
  return {
    master: master.link,
    worker,
    async [Symbol.asyncDispose]() {
      worker.close();
      await master.server.close();
    },
  };
});
