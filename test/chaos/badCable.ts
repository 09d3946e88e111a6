/** A host whose cable to the control bridge delays, loses and reorders packets: two taps, and a relay between them in the hub. */
import { until } from '../until.js';
import { ip } from './network.js';
import { command, pidsIn } from './owned.js';
import { launchProgram, type Machine } from './processes.js';
import { programOf } from './program.js';

export interface Weather {
  /** Milliseconds that every packet takes. */
  readonly delayMillis: number;
  /** Shares, 0 to 1. */
  readonly lostShare: number;
  readonly lateShare: number;
  /** Milliseconds that a late packet takes more, so that others overtake it. */
  readonly lateMillis: number;
}

/** What has become of the frames so far, both ways together. */
export interface Passed {
  frames: number;
  lost: number;
  late: number;
}

/** Ports in the hub's own loopback. */
const [ownA, ownB, peerA, peerB] = [40_001, 40_002, 40_003, 40_004];

/** One in each network: the ports are fixed. `told`: is called twice a second. */
export async function connectBadly({ host }: Machine, weather: Weather, told: (passed: Passed) => void): Promise<void> {
  const { hub, namespace } = host;
  const here = { cwd: '/', env: {} };
  const relay = launchProgram(
    hub,
    [process.execPath, programOf('relay'), ...[ownA, ownB, peerA, peerB].map(String), JSON.stringify(weather)],
    { ...here, hasChannel: true },
  );
  relay.on('message', (passed) => told(passed as Passed));
  await new Promise((resolve) => relay.once('message', resolve));
  for (const [name, own, relayed] of [
    ['workertap', peerA, ownA],
    ['mastertap', peerB, ownB],
  ] as const) {
    const tap = `TUN,tun-type=tap,tun-name=${name},iff-no-pi`;
    launchProgram(hub, ['socat', tap, `UDP4:127.0.0.1:${relayed},bind=127.0.0.1:${own}`], here);
    await until(() => command('ip', '-n', hub, 'link', 'show', 'dev', name), { what: `the tap ${name}` });
  }
  await ip(hub, 'link set mastertap master control up');
  await ip(hub, `link set workertap netns ${namespace} name control`);
  await host.address('control');
  if (pidsIn(hub).length < 3) throw new Error('the relay or a tap of the bad cable has ended');
}
