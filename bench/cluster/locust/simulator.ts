/** Plays workers `from` to `to` of a Locust master, all in this process, as `../simulator.ts` does for one of ours. */
import { Context, Dealer } from 'zeromq';
import { numberIn } from '../../children.js';
import { settled } from '../../settled.js';
import { reportIntervals } from '../load.js';
import { ReportBytes } from './reportBytes.js';
import { SimulatedLocustWorker, usersOfWorker } from './simulatedWorker.js';

const settings: unknown = JSON.parse(process.argv[2] ?? '{}');
const setting = (name: string): number => numberIn(settings, name);
const [from, to] = [setting('from'), setting('to')];
const context = new Context({ maxSockets: to - from + 100 });
const size = { entries: setting('entries'), requests: setting('requests') };
const reports = size.requests === 0 ? undefined : new ReportBytes(reportIntervals(size), usersOfWorker);
const ended: Promise<void>[] = [];
const workers = Array.from({ length: to - from }, (_, i) => {
  const index = from + i;
  const id = `simulated${index}_${index.toString(16).padStart(32, '0')}`;
  const dealer = new Dealer({ context, routingId: id, linger: 1000 });
  dealer.connect(`tcp://127.0.0.1:${setting('port')}`);
  const worker = new SimulatedLocustWorker(index, id, dealer, reports, setting('heartbeatMillis'));
  ended.push(worker.run());
  return worker;
});
await settled(() => workers.every(({ isWelcome }) => isWelcome), 120);
process.send?.({ joined: workers.length });

process.on('message', (message: object) => {
  const kind: unknown = Reflect.get(message, 'kind');
  if (kind === 'running') void settled(() => workers.every(({ isRunning }) => isRunning), 120).then(tell);
  else if (kind === 'end') void settled(() => workers.every(({ isClosed }) => isClosed), 120).finally(tell);
  else tell();
});
process.once('disconnect', () => process.exit(1));

function tell(): void {
  process.send?.({
    requests: workers.reduce((sum, { requests }) => sum + requests, 0),
    roundTrips: workers.flatMap((worker) => worker.roundTrips.splice(0)),
  });
}
