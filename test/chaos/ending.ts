/** What is there after a scenario: the numbers of the target, those of the master, and what is left. */
import { readdirSync } from 'node:fs';
import type { Finished } from '../e2e/tsload.js';
import { byWorker, difference, type Hit } from './hits.js';
import type { Scenario } from './scenario.js';

/** A worker of which the outputs have something to say. */
export interface NamedWorker {
  readonly id: string;
  /** Seconds since 1970. */
  readonly lost_at: number | null;
  readonly unreported_seconds: number;
}

export interface Entry {
  readonly name: string;
  readonly num_requests: number;
  readonly num_failures: number;
  readonly num_reqs_per_sec: Readonly<Record<string, number>>;
  readonly workers?: readonly NamedWorker[];
}

export interface Ended {
  readonly master: Finished;
  readonly workers: readonly Finished[];
  /** All that the target has received, by time. */
  readonly hits: readonly Hit[];
  readonly entries: readonly Entry[];
  /** Requests that the target received and that are in no number, by worker; none where they agree. */
  readonly missing: Readonly<Record<string, number>>;
  /** As the output names it. */
  readonly cutOff: number;
  readonly failures: number;
  /** As the output names them. */
  readonly lost: readonly NamedWorker[];
  /** Processes and files that should not be there any more. */
  readonly left: readonly string[];
}

export class Ending {
  constructor(
    private readonly scenario: Scenario,
    private readonly master: Finished,
    private readonly workers: readonly Finished[],
  ) {}

  async read(): Promise<Ended> {
    const { master, workers } = this;
    const hits = await this.scenario.target.all();
    const entries = this.#entries();
    const counted = Object.fromEntries(entries.map(({ name, num_requests }) => [name, num_requests]));
    return {
      master,
      workers,
      hits,
      entries,
      missing: difference(byWorker(hits), counted),
      cutOff: Number(/^cut off: (\d+) requests?/m.exec(master.stderr)?.[1] ?? 0),
      failures: entries.reduce((sum, { num_failures }) => sum + num_failures, 0),
      lost: (entries[0]?.workers ?? []).filter(({ lost_at }) => lost_at !== null),
      left: [...this.#processes(), ...this.#files()],
    };
  }

  /** A master that was killed has written none. */
  #entries(): readonly Entry[] {
    return this.master.stdout === '' ? [] : JSON.parse(this.master.stdout);
  }

  #processes(): readonly string[] {
    const machines = [this.scenario.masterMachine, ...this.scenario.workerMachines];
    return machines.flatMap(({ host }) => host.pids.map((pid) => `process ${pid} in ${host.namespace}`));
  }

  /** The cache of a worker is for its next master, and results are what the master is for. */
  #files(): readonly string[] {
    const { masterMachine, workerMachines } = this.scenario;
    const ofMaster = readdirSync(masterMachine.cwd, { recursive: true, encoding: 'utf8' });
    const isResult = (name: string) => /^(shop\.ts|out|out\/x_\w+\.csv|disk)$/.test(name);
    return [
      ...masterMachine.files,
      ...ofMaster.filter((name) => !isResult(name)),
      ...workerMachines.flatMap(({ files, cwd }) => [...files.filter(isNoCache), ...readdirSync(cwd)]),
    ];
  }
}

function isNoCache(name: string): boolean {
  return !name.startsWith('home/.cache/tsload/');
}
