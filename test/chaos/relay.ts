/**
 * A cable that is not a good one: passes Ethernet frames on between two UDP ports of this namespace, late, not all of them, and not in
 * their order. The kernel can do this too (netem), but many are built without.
 *
 * Arguments: the two ports on which it listens, and those to which it sends. Each message is a new weather; until one comes, it is fair.
 */
import { createSocket, type Socket } from 'node:dgram';
import { fair, type Passed, type Weather } from './weather.js';

const [ownA, ownB, peerA, peerB] = process.argv.slice(2);
let weather: Weather = fair;
process.on('message', (changed) => {
  weather = changed as Weather;
});

const passed: Passed = { frames: 0, lost: 0, late: 0 };

function passOn(frame: Buffer, to: Socket, port: number): void {
  passed.frames++;
  if (Math.random() < weather.lostShare) {
    passed.lost++;
    return;
  }
  const isLate = Math.random() < weather.lateShare;
  if (isLate) passed.late++;
  setTimeout(() => to.send(frame, port, '127.0.0.1'), weather.delayMillis + (isLate ? weather.lateMillis : 0));
}

function open(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => socket.bind(port, '127.0.0.1', () => resolve(socket)));
}

const [a, b] = await Promise.all([open(Number(ownA)), open(Number(ownB))]);
a.on('message', (frame) => passOn(frame, b, Number(peerB)));
b.on('message', (frame) => passOn(frame, a, Number(peerA)));
process.send?.(passed);
setInterval(() => process.send?.(passed), 500);
