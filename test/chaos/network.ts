/**
 * Machines and the cables between them, in one network namespace each.
 *
 *     master ──┐                      ┌── worker 0 ──┐
 *              ├── bridge "control" ──┤              ├── bridge "target" ── target
 *              ┘                      └── worker 1 ──┘
 *
 * The bridges are in a namespace of their own, the hub. So nothing of it is in the machine's own network, and all of it goes with the
 * namespaces. Only links to the control bridge are cut: workers always reach the target.
 */
import { command, newName, pidsIn, removeNamespaces } from './owned.js';

/** Where everything is, in every network. */
export const masterAddress = '10.77.0.1';
export const targetAddress = '10.78.0.250';

export class Network {
  readonly #name = newName();
  readonly #hosts: Host[] = [];

  /** A network without hosts. */
  static async open(): Promise<Network> {
    const network = new Network();
    try {
      const { hub } = network;
      await command('ip', 'netns', 'add', hub);
      await ip(hub, 'link set lo up');
      for (const bridge of ['control', 'target']) {
        await ip(hub, `link add name ${bridge} type bridge`);
        await ip(hub, `link set ${bridge} up`);
      }
      return network;
    } catch (thrown) {
      network[Symbol.dispose]();
      throw thrown;
    }
  }

  get hub(): string {
    return `${this.#name}-hub`;
  }

  /** A host without links. `place`: its number, which stands in its addresses. */
  async host(role: string, place: number): Promise<Host> {
    const host = new Host(this.hub, `${this.#name}-${role}`, place);
    this.#hosts.push(host);
    await command('ip', 'netns', 'add', host.namespace);
    await ip(host.namespace, 'link set lo up');
    return host;
  }

  [Symbol.dispose](): void {
    removeNamespaces([...this.#hosts.map(({ namespace }) => namespace), this.hub]);
  }
}

export class Host {
  constructor(
    readonly hub: string,
    readonly namespace: string,
    readonly place: number,
  ) {}

  get pids(): readonly number[] {
    return pidsIn(this.namespace);
  }

  get controlAddress(): string {
    return `10.77.0.${this.place}`;
  }

  /** A cable to the bridge of that name. */
  async connect(bridge: 'control' | 'target'): Promise<void> {
    const cable = this.#cable(bridge);
    await ip(this.hub, `link add name ${cable} type veth peer name ${bridge} netns ${this.namespace}`);
    await ip(this.hub, `link set ${cable} master ${bridge} up`);
    await this.address(bridge);
  }

  /** Gives its interface of that name its address. */
  async address(bridge: 'control' | 'target'): Promise<void> {
    const network = bridge === 'control' ? 77 : 78;
    await ip(this.namespace, `addr add 10.${network}.0.${this.place}/24 dev ${bridge}`);
    await ip(this.namespace, `link set ${bridge} up`);
  }

  /** Pulls the cable to the master. */
  async pull(): Promise<void> {
    await ip(this.hub, `link set ${this.#cable('control')} down`);
  }

  async plug(): Promise<void> {
    await ip(this.hub, `link set ${this.#cable('control')} up`);
  }

  /** From now on what comes from that address vanishes, without a word to either end. */
  async ignore(address: string): Promise<void> {
    await this.#nft('add table inet chaos');
    await this.#nft('add chain inet chaos input { type filter hook input priority 0 ; }');
    await this.#nft(`add rule inet chaos input ip saddr ${address} drop`);
  }

  async hear(): Promise<void> {
    await this.#nft('delete table inet chaos');
  }

  async #nft(line: string): Promise<void> {
    await command('ip', 'netns', 'exec', this.namespace, 'nft', line);
  }

  /** Name of the hub's end of a cable. */
  #cable(bridge: 'control' | 'target'): string {
    return `${bridge}${this.place}`;
  }
}

/** `ip` within a namespace. `line`: its words. */
export async function ip(namespace: string, line: string): Promise<void> {
  await command('ip', '-n', namespace, ...line.split(' '));
}
