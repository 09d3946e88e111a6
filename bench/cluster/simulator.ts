/** Plays workers `from` to `to` of a master, all in this process, and tells how many requests it reported and how long heartbeats took. */
import { numberIn } from '../children.js';
import { settled } from '../settled.js';
import { reportIntervals } from './load.js';
import { SimulatedWorker } from './simulatedWorker.js';

const settings: unknown = JSON.parse(process.argv[2] ?? '{}');
const setting = (name: string): number => numberIn(settings, name);
const token = process.argv[3] ?? '';
const place = { port: setting('port'), token };
const intervals = reportIntervals({ entries: setting('entries'), requests: setting('requests') });
const workers: SimulatedWorker[] = [];
/** So many join at the same time. */
const joining = 40;

for (let index = setting('from'); index < setting('to'); index += joining) {
  const batch = Array.from({ length: Math.min(joining, setting('to') - index) }, (_, i) => index + i);
  workers.push(
    ...(await Promise.all(
      batch.map((each) => SimulatedWorker.join(each, place, intervals, setting('heartbeatMillis'))),
    )),
  );
}
process.send?.({ joined: workers.length });

process.on('message', (message: object) => {
  const kind: unknown = Reflect.get(message, 'kind');
  if (kind === 'look') tellWhatWasMeasured();
  else if (kind === 'end')
    void settled(() => workers.every(({ isClosed }) => isClosed), 60).finally(tellWhatWasMeasured);
});
process.once('disconnect', () => process.exit(1));

function tellWhatWasMeasured(): void {
  const { user, system } = process.cpuUsage();
  process.send?.({
    requests: workers.reduce((sum, { requests }) => sum + requests, 0),
    roundTrips: workers.flatMap((worker) => worker.roundTrips.splice(0)),
    cpuSeconds: (user + system) / 1e6,
    at: performance.now() / 1000,
    closed: workers.filter(({ isClosed }) => isClosed).length,
  });
}
