/** A host whose cable to the control bridge delays, loses and reorders packets: two taps, and a relay between them in the hub. */
import type { ChildProcess } from 'node:child_process';
import { until } from '../until.js';
import { ip } from './network.js';
import { command, pidsIn } from './owned.js';
import { launchProgram, type Machine } from './processes.js';
import { programOf } from './program.js';
import type { Passed, Weather } from './weather.js';

/** Ports in the hub's own loopback. */
const [ownA, ownB, peerA, peerB] = [40_001, 40_002, 40_003, 40_004];

const here = { cwd: '/', env: {} };

/** One in each network: the ports are fixed. The weather is fair until it is changed. */
export class BadCable {
  /** Is renewed twice a second. */
  passed: Passed = { frames: 0, lost: 0, late: 0 };

  private constructor(private readonly relay: ChildProcess) {
    relay.on('message', (passed) => {
      this.passed = passed as Passed;
    });
  }

  static async connect(machine: Machine): Promise<BadCable> {
    const { hub } = machine.host;
    const ports = [ownA, ownB, peerA, peerB].map(String);
    const words = [process.execPath, programOf('relay'), ...ports];
    const cable = new BadCable(launchProgram(hub, words, { ...here, hasChannel: true }));
    await new Promise((resolve) => cable.relay.once('message', resolve));
    await plug(machine);
    return cable;
  }

  become(weather: Weather): void {
    this.relay.send(weather);
  }
}

async function plug({ host }: Machine): Promise<void> {
  const { hub, namespace } = host;
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
