/**
 * Which part a process plays, from its options. Pure.
 */
import { unbracketed } from '../../address.js';
import { OptionError } from '../../errors.js';
import { CodedError, exitCodes } from '../exit.js';
import { optionTable, type Settings } from '../options/optionTable.js';
import type { EarlySettings } from '../options/settings.js';

/** A master, with the workers that it starts itself. */
export interface MasterRole {
  readonly kind: 'master';
  readonly bindHost: string;
  readonly bindPort: number;
  /** Workers that somebody else starts may join; else it has its own only. */
  readonly takesOthers: boolean;
  /** Local children. */
  readonly processes: number;
  /** Values of --spawn. */
  readonly spawns: readonly string[];
  /** Where workers of Locust's protocol join, if they may. */
  readonly locust?: { readonly host: string; readonly port: number };
}

export type Role =
  | { readonly kind: 'alone' }
  | MasterRole
  | { readonly kind: 'worker' }
  /** Starts workers of somebody else's master, and waits for them. */
  | { readonly kind: 'supervisor'; readonly processes: number };

export const defaultPort = 5557;
/** Of tsload's workers, where Locust's have that one. */
const defaultOwnPort = 5558;
/** Where a worker looks for its master unless it is told. */
export const thisMachine = '127.0.0.1';

/** Options that decide about a whole test, which a worker does not. */
const forMasters = [
  ['numUsers', '--users'],
  ['spawnRate', '--spawn-rate'],
  ['runTime', '--run-time'],
  ['iterations', '--iterations'],
  ['warmup', '--warmup'],
  ['seed', '--seed'],
  ['tags', '--tags'],
  ['excludeTags', '--exclude-tags'],
  ['stopTimeout', '--stop-timeout'],
  ['resetStats', '--reset-stats'],
  ['csvPrefix', '--csv'],
  ['json', '--json'],
  ['jsonFile', '--json-file'],
  ['hdrLog', '--hdr-log'],
  ['printStats', '--print-stats'],
  ['onlySummary', '--only-summary'],
] as const satisfies readonly (readonly [keyof Settings, string])[];

/** Options of a master alone. */
const forMastersOfWorkers = [
  ['expectWorkers', '--expect-workers'],
  ['enableRebalancing', '--enable-rebalancing'],
  ['masterBindHost', '--master-bind-host'],
  ['masterBindPort', '--master-bind-port'],
] as const satisfies readonly (readonly [keyof Settings, string])[];

/** `cores`: what --processes -1 means. Throws `OptionError` for options that contradict each other. */
export function roleOf(settings: EarlySettings, cores: number): Role {
  if (settings.supervised) return { kind: 'worker' }; // whatever files and variables of its machine say besides
  const processes = processCount(settings.processes, cores);
  const isMaster = settings.master || processes > 0 || settings.spawn.length > 0;
  checkTogether(settings, isMaster);
  if (settings.worker)
    return processes > 0 && !isQuestion(settings) ? { kind: 'supervisor', processes } : { kind: 'worker' };
  if (!isMaster) return { kind: 'alone' };
  const { masterBindPort, spawn: spawns } = settings;
  const masterBindHost = settings.masterBindHost && unbracketed(settings.masterBindHost);
  if (settings.protocol === 'locust') return mixedMaster(settings, processes);
  const takesOthers = settings.master || masterBindHost !== undefined || masterBindPort !== undefined;
  return {
    kind: 'master',
    bindHost: masterBindHost ?? (takesOthers ? '*' : thisMachine),
    bindPort: masterBindPort ?? (takesOthers ? defaultPort : 0),
    takesOthers,
    processes,
    spawns,
  };
}

/**
 * Somebody wants to know what is in the locustfile, and no test: no master is joined and no process started for it. A worker without a
 * locustfile of its own asks its master for that.
 */
export function isQuestion({
  list,
  showTaskRatio,
  showTaskRatioJson,
}: Pick<EarlySettings, 'list' | 'showTaskRatio' | 'showTaskRatioJson'>): boolean {
  return list || showTaskRatio || showTaskRatioJson;
}

/** Locust's protocol has no token: it is for this machine unless an address is given. */
function mixedMaster(settings: EarlySettings, processes: number): MasterRole {
  const { masterBindPort: port = defaultPort, spawn: spawns } = settings;
  const host = unbracketed(settings.masterBindHost ?? thisMachine);
  const bindPort = settings.wsBindPort ?? defaultOwnPort;
  if (port === bindPort && port !== 0) {
    throw new OptionError(
      `--master-bind-port and --ws-bind-port are both ${port}: the first is for workers of Locust, the second for tsload's, so give two`,
    );
  }
  return { kind: 'master', bindHost: host, bindPort, takesOthers: true, processes, spawns, locust: { host, port } };
}

/** 0: not asked for. */
function processCount(processes: number | undefined, cores: number): number {
  if (processes === undefined) return 0;
  if (processes >= 0) return processes;
  if (processes === -1) return cores;
  throw new CodedError(
    exitCodes.failed,
    `--processes must be a whole number of workers, or -1 for one on each core, but is ${processes}`,
  );
}

function checkTogether(settings: EarlySettings, isMaster: boolean): void {
  const { worker, master, spawn, protocol } = settings;
  if (master && worker) {
    throw new CodedError(
      exitCodes.contradiction,
      '--master and --worker exclude each other: start two processes, or use --processes, which starts both',
    );
  }
  if (worker && spawn.length > 0) {
    throw new OptionError('--spawn is for the master, which tells its workers what to do: leave out --worker');
  }
  for (const option of ['resume', 'journal'] as const) {
    if (settings[option] === undefined || (isMaster && !worker)) continue;
    throw new OptionError(
      `--${option} is for a master, which keeps a journal of its run: add --master, or leave it out`,
    );
  }
  if (protocol === 'locust' && !isMaster && !worker) {
    throw new OptionError('--protocol locust needs --master or --worker: alone, there is nobody to talk to');
  }
  if (worker && protocol === 'tsload' && settings.masterHost.includes('%')) {
    throw new OptionError(
      `--master-host ${settings.masterHost} names an interface, which an address of a WebSocket cannot: give an address or a name without %`,
    );
  }
  checkForMixed(settings, isMaster && !worker);
  if (worker && protocol === 'locust' && settings.tlsCa !== undefined) {
    // who asks for encryption must not go without it unawares
    throw new OptionError(
      "--tls-ca cannot hold with --worker --protocol locust: Locust's protocol is never encrypted, so leave it out, and keep to networks that you trust",
    );
  }
}

/** Options of a master that takes workers of Locust. */
function checkForMixed(settings: EarlySettings, isMaster: boolean): void {
  const given = [
    ...(settings.foreignLocustfile === undefined ? [] : ['--foreign-locustfile']),
    ...(settings.wsBindPort === undefined ? [] : ['--ws-bind-port']),
  ];
  const [option] = given;
  if (option === undefined || (isMaster && settings.protocol === 'locust')) return;
  const missing = isMaster ? '--protocol locust' : '--master and --protocol locust';
  throw new OptionError(`${option} needs ${missing}: it is for a master that takes workers of Locust`);
}

/** There is no locustfile of tsload, only one of Locust. */
export function isForeignOnly(settings: Pick<EarlySettings, 'foreignLocustfile' | 'locustfile'>): boolean {
  return settings.foreignLocustfile !== undefined && settings.locustfile.length === 0;
}

/** The line about options that a worker does not look at; undefined when there are none. */
export function withoutEffectOnWorker(settings: Settings): string | undefined {
  const given = givenOf([...forMasters, ...forMastersOfWorkers], settings);
  return given && `the master decides about the test and writes its results: ${given} no effect on a worker`;
}

/** The same for a run in one process. */
export function withoutEffectAlone(settings: Settings): string | undefined {
  const given = givenOf(forMastersOfWorkers, settings);
  return given && `${given} no effect without workers: add --master, --processes or --spawn`;
}

/**
 * The same for a process that is no worker. Whoever forgets `--worker` gets a test of his own, and `--master-port` is easily taken for the
 * port at which a master listens.
 */
export function withoutEffectButOnWorker({ masterHost, masterPort, master }: Settings): string | undefined {
  const given = [
    ...(masterHost === thisMachine ? [] : ['--master-host']),
    ...(masterPort === defaultPort ? [] : ['--master-port']),
  ];
  if (given.length === 0) return undefined;
  const hint = master ? 'a master listens at --master-bind-host and --master-bind-port' : 'this process is no worker';
  return `${given.join(' and ')} ${given.length === 1 ? 'has' : 'have'} no effect without --worker: ${hint}`;
}

/** Those that were given, and the verb. */
function givenOf(options: readonly (readonly [keyof Settings, string])[], settings: Settings): string | undefined {
  const given = options.filter(([key]) => settings[key] !== optionTable[key].initial).map(([, option]) => option);
  if (given.length === 0) return undefined;
  return `${given.join(', ')} ${given.length === 1 ? 'has' : 'have'}`;
}

/** Whether only this machine can reach what listens at this address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host) || host === '[::1]';
}
