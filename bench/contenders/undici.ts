/** Bare undici: one client a connection, `dispatch` with a handler that reads and drops the body. */
import { Client, type Dispatcher } from 'undici';
import type { Work } from '../rounds.js';

export const work: Work = async ({ port, concurrency }) => {
  let completed = 0;
  const clients = Array.from({ length: concurrency }, () => new Client(`http://127.0.0.1:${port}`));
  const request: Dispatcher.DispatchOptions = { path: '/', method: 'GET' };
  for (const client of clients) {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd() {
        completed++;
        client.dispatch(request, handler);
      },
      onResponseError(_, error) {
        if (!client.closed && !client.destroyed) throw error;
      },
    };
    client.dispatch(request, handler);
  }
  return {
    completed: () => completed,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.destroy()));
    },
  };
};
