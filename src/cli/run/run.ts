/**
 * A run, from the command line to the exit code: first what must be known before the locustfile is loaded.
 *
 * What takes long is started early and side by side: esbuild builds the locustfile in its own process while this one loads
 * the rest of tsload.
 */
import { availableParallelism, homedir } from 'node:os';
import { events } from '../../events/index.js';
import { type LoadedLocustfile, loadLocustfiles, type TsloadModule } from '../../locustfile/index.js';
import { isForeignOnly, roleOf } from '../cluster/role.js';
import { exitCodes } from '../exit.js';
import { CustomArguments, type CustomSpec } from '../options/customArguments.js';
import { optionList } from '../options/optionTable.js';
import { type EarlySettings, preparse, type Sources } from '../options/settings.js';
import { versionLine } from '../version.js';
import { Logging } from './logging.js';
import type { Around } from './session.js';
import { Signals } from './signals.js';
import { StrayErrors } from './strayErrors.js';
import { unlessStuck } from './unlessStuck.js';

/** Runs what the words say. Returns the exit code; throws for everything that stops a run before it began. */
export async function run(words: readonly string[]): Promise<number> {
  const sources: Sources = { words, variables: takeVariables(), cwd: process.cwd(), home: homedir() };
  const around: Around = { logging: new Logging(), signals: new Signals(), strayErrors: new StrayErrors() };
  try {
    return await runWith(sources, around);
  } catch (thrown) {
    around.logging.flush();
    throw thrown;
  }
}

/** The environment variables. From now on no process that this one starts inherits the token, nor does a locustfile see it. */
function takeVariables(): Sources['variables'] {
  const variables = { ...process.env };
  delete process.env['TSLOAD_TOKEN'];
  return variables;
}

async function runWith(sources: Sources, around: Around): Promise<number> {
  const early = await preparse(sources);
  if (early.wantsVersion) return print(`${versionLine()}\n`);
  const { settings } = early;
  if (early.wantsHelp) return showHelp(settings.locustfile);
  const role = roleOf(settings, availableParallelism());
  if (role.kind === 'supervisor') {
    const { runSupervisor } = await import('./supervisor.js');
    return runSupervisor(settings, role.processes, sources, around);
  }
  if (role.kind === 'worker') return runAsWorker(settings, sources, around);
  const loading = loadLocustfile(settings, sources);
  const [locustfile, { runSession }] = await unlessStuck(Promise.all([loading, import('./session.js')]));
  await using _ = locustfile;
  return await runSession(locustfile, sources, customArguments(), around);
}

async function loadLocustfile(settings: EarlySettings, sources: Sources): Promise<LoadedLocustfile> {
  const { foreignLocustfile: foreign, locustfile } = settings;
  if (foreign === undefined || !isForeignOnly(settings)) return loadLocustfiles(locustfile, { tsload: loadTsload() });
  const { foreignLocustfile } = await import('./foreignClasses.js');
  return foreignLocustfile(foreign, sources);
}

async function runAsWorker(early: EarlySettings, sources: Sources, around: Around): Promise<number> {
  // before anything else: from here on it ends with whoever started it
  const handed = early.supervised ? await (await import('../../spawn/index.js')).superviseSelf() : undefined;
  const { runWorker } = await import('./workerSession.js');
  return runWorker({ early, sources, handed, tsload: loadTsload, custom: customArguments }, around);
}

/** A turn later, so that the build is on its way when the event loop is busy with loading. */
async function loadTsload(): Promise<TsloadModule> {
  return await import('../../index.js');
}

/** The options that the locustfile adds. */
function customArguments(): readonly CustomSpec[] {
  const custom = new CustomArguments(optionList.map(([, spec]) => spec));
  events.initCommandLineParser.fire({ parser: custom });
  return custom.specs;
}

/** Custom options are shown as well, when a locustfile is there and loads. */
async function showHelp(locustfiles: readonly string[]): Promise<number> {
  const custom = await loadLocustfiles(locustfiles, { tsload: loadTsload() }).then(
    async (locustfile) => {
      await locustfile[Symbol.asyncDispose]();
      return customArguments();
    },
    (): readonly CustomSpec[] => [],
  );
  const { helpText } = await import('../options/help.js');
  const specs = [...optionList.map(([, spec]) => spec), ...custom];
  return print(`${await helpText(specs, process.stdout.columns ?? 100)}\n`);
}

function print(text: string): number {
  process.stdout.write(text);
  return exitCodes.ok;
}
