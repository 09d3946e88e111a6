/**
 * The fastest HTTP server that Node has in it, as a process of its own, so that the client is what is measured.
 *
 * It answers by counting empty lines: no parser, one write per read. Requests must have no body. `/slow` in a read is answered
 * after 0.2 s. Not an HTTP server for anything else. Sends its port to its parent, and with each read of `/first` the time.
 */
import { createServer, type Socket } from 'node:net';
import { epochSeconds } from '../src/clock.js';

const response = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 13\r\n\r\nHello, World!');
const slowMilliseconds = 200;

function requestsIn(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf('\r\n\r\n'); at >= 0; at = chunk.indexOf('\r\n\r\n', at + 4)) count++;
  return count;
}

function answer(socket: Socket, chunk: Buffer): void {
  // One write ends with the end of a request in all but freak cases: the requests here are shorter than a segment.
  const count = requestsIn(chunk);
  const reply = count === 1 ? response : Buffer.concat(new Array<Buffer>(count).fill(response));
  if (chunk.includes('/first')) process.send?.({ firstAt: epochSeconds() });
  if (chunk.includes('/slow')) setTimeout(() => socket.write(reply), slowMilliseconds);
  else socket.write(reply);
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => answer(socket, chunk));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', 16_384, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
});
process.on('disconnect', () => process.exit());
