/**
 * The system under test, a process of its own: answers every request, and tells the suite of each what it was and when. Which user of
 * which worker a request comes from stands in its header `x-user`.
 *
 * Arguments: address, and the milliseconds after which it answers.
 */
import { createServer } from 'node:http';
import type { Hit } from './hits.js';

const [address = '', delay = '0'] = process.argv.slice(2);
const delayMillis = Number(delay);
let isHeld = false;
let hits: Hit[] = [];

const server = createServer((request, response) => {
  const [worker = '', pid = '', user = ''] = String(request.headers['x-user']).split(' ');
  const at = Date.now() / 1000;
  const hit = { at, worker, pid: Number(pid), user: Number(user), isAnswered: false };
  hits.push(hit);
  response.on('finish', () => {
    hit.isAnswered = true;
  });
  const answer = () => isHeld || response.end('ok');
  if (delayMillis === 0) answer();
  else setTimeout(answer, delayMillis);
});
server.keepAliveTimeout = 0; // a connection that is closed between two requests would be a failure of the target
server.listen(8080, address, () => tell({ isReady: true }));

/** Requests that are not answered yet stay for the next time. */
function flush(): void {
  const told = hits.filter(({ isAnswered }) => isAnswered);
  hits = hits.filter(({ isAnswered }) => !isAnswered);
  tell({ hits: told, underWay: hits.length });
}

function tell(message: unknown): void {
  process.send?.(message);
}

const timer = setInterval(flush, 100);
process.on('message', (message) => {
  if (message === 'hold') {
    isHeld = true;
    tell({ isHeld });
    return;
  }
  flush();
  clearInterval(timer);
  tell({ hits, isAll: true });
});
