/**
 * Bare undici: one client a connection, `dispatch` with a handler that reads and drops the body. It sends the headers that
 * HttpUser sends, so that both send the same requests.
 */
import { Client, type Dispatcher } from 'undici';
import type { Work } from '../rounds.js';

const headers = ['user-agent', 'tsload', 'accept-encoding', 'gzip, deflate, br', 'accept', '*/*'];
const request: Dispatcher.DispatchOptions = { path: '/', method: 'GET', headers };

export const work: Work = ({ port, concurrency }, gate) => {
  let completed = 0;
  for (let i = 0; i < concurrency; i++) {
    const client = new Client(`http://127.0.0.1:${port}`);
    const send = (): unknown => client.dispatch(request, handler);
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd() {
        completed++;
        if (gate.isOpen) send();
        else gate.pass(send);
      },
      onResponseError(_, error) {
        throw error;
      },
    };
    gate.pass(send);
  }
  return { completed: () => completed };
};
