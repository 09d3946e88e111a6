/**
 * A run as its master: listens for workers, starts those that --processes and --spawn name, waits until they are there, and
 * conducts the test.
 */
import { hostname, networkInterfaces } from 'node:os';
import { bracketed } from '../../address.js';
import type { Environment, MasterRunner, MasterRunnerOptions } from '../../environment/index.js';
import { LocustfileError, OptionError } from '../../errors.js';
import { type LoadedLocustfile, packLocustfile } from '../../locustfile/index.js';
import { getLogger } from '../../log.js';
import { PrefixedLines } from '../../spawn/index.js';
import { joinLines } from '../cluster/join.js';
import { locustJoinLines } from '../cluster/joinLocust.js';
import { OwnWorkers } from '../cluster/ownWorkers.js';
import { isForeignOnly, isLoopback, type MasterRole } from '../cluster/role.js';
import { workerOrders } from '../cluster/spawnOrders.js';
import { masterTls } from '../cluster/tls.js';
import { givenToken, makeToken } from '../cluster/token.js';
import { findToken, forgetTokens, keepToken, tokenPaths } from '../cluster/tokenFile.js';
import type { CustomSpec } from '../options/customArguments.js';
import type { Settings } from '../options/optionTable.js';
import type { Sources } from '../options/settings.js';
import { awaitWorkers } from './awaitWorkers.js';
import { workersWarning } from './fileLimit.js';
import { readForeignLocustfile } from './foreignClasses.js';
import { checkHosts, initialise } from './initialise.js';
import { Outputs } from './outputs.js';
import { endRecord, forgetUntilBegun, leaveRecord, openRecord, resumptionOf } from './runJournal.js';
import type { Around } from './session.js';
import { startWorkers } from './startWorkers.js';
import { TestRun } from './testRun.js';

const log = getLogger('tsload.main');

/** What a master is made from. */
export interface MasterSetting {
  readonly environment: Environment;
  readonly settings: Settings;
  readonly role: MasterRole;
  readonly locustfile: LoadedLocustfile;
  readonly sources: Sources;
  readonly custom: readonly CustomSpec[];
  /** Called when nothing of the command line is to be refused any more. */
  checked(): void;
}

/** Returns the exit code. */
export async function runMaster(setting: MasterSetting, around: Around): Promise<number> {
  const { environment, settings, role, sources } = setting;
  const locust = locustOf(setting);
  const delivery = await deliveryOf(setting);
  const orders = await workerOrders({
    ...setting,
    isDelivered: delivery.isPossible,
    isEncrypted: settings.tlsCert !== undefined,
  });
  setting.checked();
  around.strayErrors.countWith(() => {
    environment.events.hasFailedListener = true;
  });
  const tls = masterTls(settings);
  const given = givenToken(settings, sources.variables);
  const token = given ?? leftToken(role, sources) ?? makeToken();
  const record = await openRecord(settings, environment, setting.locustfile);
  const begun = forgetUntilBegun(record);
  try {
    const runner = await environment.createMasterRunner({
      bindHost: role.bindHost,
      bindPort: role.bindPort,
      token,
      isHeld: true,
      enableRebalancing: settings.enableRebalancing,
      repeatsWarnings: settings.master || isOpen(role), // its own workers' lines are shown anyway
      startsWorkers: role.processes > 0 || role.spawns.length > 0,
      ...(delivery.package === undefined ? {} : { locustfile: delivery.package }),
      ...(isForeignOnly(settings) ? {} : { locustfileSha256: setting.locustfile.bundle.sha256 }),
      ...(tls === undefined ? {} : { tls }),
      ...(locust === undefined ? {} : { locust }),
      ...(record.journal === undefined ? {} : { journal: record.journal }),
      ...(record.resumed === undefined ? {} : { restored: record.resumed.run }),
    });
    warnOfRoom(setting);
    const outputs = await Outputs.open(settings, environment, runner, record);
    await announce(setting, runner, given === undefined ? token : undefined);
    await initialise(environment, runner);
    checkHosts(environment);
    runner.release();
    using lines = new PrefixedLines(around.logging.stream);
    await using own = new OwnWorkers(
      (worker, line) => lines.write(worker, line),
      ({ identity }, how) => runner.workerEnded(identity, how),
    );
    await startWorkers(own, orders(runner.ownPort, token), runner, around.signals);
    const code = await new TestRun(environment, runner, settings, outputs, {
      isReady: () => awaitWorkers(runner, own, settings, role.takesOthers).finally(begun),
      resume: () => resumptionOf(record, runner),
    }).run(around.signals);
    own.expectEnds();
    await endRecord(record, outputs.failures.length === 0);
    return code;
  } catch (thrown) {
    await leaveRecord(record);
    throw thrown;
  }
}

function warnOfRoom({ settings, role }: MasterSetting): void {
  const warning = workersWarning(Math.max(settings.expectWorkers ?? 0, role.processes));
  if (warning !== undefined) log.warning(warning);
}

interface Delivery {
  readonly isPossible: boolean;
  /** Absent: there is no locustfile of tsload. */
  readonly package?: () => Promise<Uint8Array>;
}

/**
 * The locustfile's package, made before anything starts. Where workers may load it themselves, that it cannot be sent is only
 * worth a line; those that ask for it are told.
 */
async function deliveryOf({ locustfile, role, settings }: MasterSetting): Promise<Delivery> {
  if (isForeignOnly(settings)) return noDelivery(role);
  const isLocal = !isOpen(role) && role.spawns.every((place) => place.startsWith('local'));
  try {
    const { bytes } = await packLocustfile(locustfile, { onThisMachine: isLocal });
    return { isPossible: true, package: async () => bytes };
  } catch (thrown) {
    if (!(thrown instanceof LocustfileError) || !settings.master || role.spawns.length > 0) throw thrown;
    log.warning(thrown.message);
    return { isPossible: false, package: () => Promise.reject(thrown) };
  }
}

/** Of a test that has classes of Locust's workers only. Throws `OptionError` for workers that would have nothing to run. */
function noDelivery({ processes, spawns }: MasterRole): Delivery {
  if (processes > 0 || spawns.length > 0) {
    const option = processes > 0 ? '--processes' : '--spawn';
    throw new OptionError(
      `${option} starts workers of tsload, which have no locustfile here: give -f with one that has the same classes, or leave ${option} out`,
    );
  }
  const none = new LocustfileError(
    'this master has a locustfile in Python only: give the worker one of its own with -f',
  );
  return { isPossible: false, package: () => Promise.reject(none) };
}

/** What is to be had for workers of Locust's protocol, if they may join. Throws `OptionError`. */
function locustOf({ role, settings, custom }: MasterSetting): MasterRunnerOptions['locust'] {
  if (role.locust === undefined) return undefined;
  const { foreignLocustfile } = settings;
  const file = foreignLocustfile === undefined ? undefined : readForeignLocustfile(foreignLocustfile);
  for (const warning of foreignWarnings(settings)) log.warning(warning);
  const secretOptions = custom.filter(({ isSecret }) => isSecret).map(({ key }) => key);
  return { ...role.locust, secretOptions, ...(file === undefined ? {} : { locustfiles: async () => [file] }) };
}

/** What Locust's workers know nothing of. That they know no limit of iterations is said of each when it is given users. */
function foreignWarnings({ seed, resetStats }: Settings): readonly string[] {
  return [
    ...(seed === undefined
      ? []
      : ['--seed has no effect on workers of Locust: they choose tasks and waits by their own chance']),
    ...(resetStats
      ? [
          '--reset-stats: workers of Locust report every 3 seconds, so up to 3 seconds of their ramp are counted after it',
        ]
      : []),
  ];
}

/** Workers of others may join. */
function isOpen({ bindHost }: MasterRole): boolean {
  return !isLoopback(bindHost);
}

/** Of a master of this user that was killed at the same port: its workers still have it. */
function leftToken({ bindHost: host, bindPort: port }: MasterRole, { variables, home }: Sources): string | undefined {
  return port === 0 ? undefined : findToken(tokenPaths({ host, port }, variables, home));
}

/** Tells how to join, on the terminal alone: a log may be read by more people than may start workers. */
async function announce(setting: MasterSetting, runner: MasterRunner, madeToken: string | undefined): Promise<void> {
  const { role, settings, sources } = setting;
  if (!role.takesOthers) return;
  const paths = tokenPaths({ host: role.bindHost, port: runner.port }, sources.variables, sources.home);
  if (madeToken === undefined) forgetTokens(paths);
  const kept = madeToken === undefined ? undefined : await keepToken(madeToken, paths);
  log.info(`Listening for workers at ${bracketed(role.bindHost)}:${runner.port}`);
  const facts = { bindHost: role.bindHost, interfaces: networkInterfaces(), hostname: hostname() };
  const own = joinLines({
    ...facts,
    port: runner.port,
    madeToken,
    isTokenKept: kept !== undefined,
    isEncrypted: settings.tlsCert !== undefined,
    wantsCertificates: settings.tlsCa !== undefined,
  });
  const givesLocustfile = settings.foreignLocustfile !== undefined;
  const foreign =
    role.locust === undefined ? [] : locustJoinLines({ ...facts, port: runner.locustPort, givesLocustfile });
  const lines = isForeignOnly(settings) ? foreign : [...foreign, ...own];
  if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
}
