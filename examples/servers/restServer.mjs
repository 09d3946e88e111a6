// POST /factorial/ {"number": 10000} -> {"result": …, "time_taken": …}: the factorial modulo 100000007, and the seconds spent.
// By hand: node examples/servers/restServer.mjs --port 8000
import { createServer } from 'node:http';
import { factorial, isAllowed, largestNumber } from './factorial.mjs';
import { announce, portWanted } from './lifetime.mjs';

const largestBody = 1_000;

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request);
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
});

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<[status: number, body: object]>}
 */
async function answer(request) {
  if (request.url !== '/factorial/') return [404, { detail: 'there is only /factorial/' }];
  if (request.method !== 'POST') return [405, { detail: 'use POST' }];
  const number = await readNumber(request);
  if (!isAllowed(number)) return [400, { detail: `give {"number": …}, whole, 0 to ${largestNumber}` }];
  const { result, secondsTaken } = factorial(number);
  return [200, { result, time_taken: secondsTaken }];
}

/** @param {import('node:http').IncomingMessage} request */
async function readNumber(request) {
  let text = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk;
      if (text.length > largestBody) return undefined;
    }
    return JSON.parse(text)?.number;
  } catch {
    return undefined;
  }
}

// longer than any wait of the example users, or connections would be closed under them
server.keepAliveTimeout = 60_000;
server.listen(portWanted(), '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') announce(`http://127.0.0.1:${address.port}`);
});
