/**
 * Runs one user in the process that is there, for a debugger: no ramp, no statistics, a row for each request.
 */
import { parseArgs } from 'node:util';
import { TsloadError } from '../errors.js';
import { events, isControl, type ParsedOptions } from '../events/index.js';
import type { IterationLimit } from '../link/index.js';
import { addLogSink, getLogger, type LogLevel, setLogLevel } from '../log.js';
import { IntervalRecorder } from '../stats/index.js';
import { createUser, type User } from '../users/index.js';
import { WorkerRuntime } from '../worker/index.js';
import { Environment } from './environment.js';
import type { UserClass } from './options.js';
import { type RowOptions, requestRow, rowHeader } from './requestRow.js';
import { prepareTest, testSettings } from './testSettings.js';

const log = getLogger('tsload.debug');

export interface SingleUserOptions extends RowOptions {
  /** Lines below this level are not shown; `null` leaves logging alone. Default WARNING. Locust: `loglevel`. */
  readonly logLevel?: LogLevel | null;
  /** Base URL. Default: `--host` or `-H` of this process, else `TSLOAD_HOST`, else `LOCUST_HOST`, else the class's. */
  readonly host?: string;
  /** Ends the user after so many tasks. Default: the user decides, by `StopUser`. */
  readonly iterations?: number;
  /** Whole number that determines task choice and wait times. Default: chance. */
  readonly seed?: number;
  /** What tasks find in `environment.parsedOptions`. Default: the defaults of the locustfile's own arguments. */
  readonly parsedOptions?: ParsedOptions;
  /** Takes the rows. Default: standard output. */
  readonly write?: (line: string) => void;
}

let shared: Environment | undefined;

/**
 * Runs one user of a class until it ends, and resolves with it. Each request is a row on standard output. The environment is
 * made by the first call and shared by all; `init` and `testStart` are fired by each. Throws `TsloadError` for a class that
 * cannot run and when a listener of `init` fails. Locust: `run_single_user`.
 */
export async function runSingleUser(userClass: UserClass, options: SingleUserOptions = {}): Promise<User> {
  const silence = showLog(options.logLevel);
  shared ??= makeEnvironment(options);
  const environment = shared;
  environment.host = hostOf(options) ?? environment.host;
  const write = options.write ?? ((line: string) => void process.stdout.write(`${line}\n`));
  const listener = environment.events.request.addListener((event) => write(requestRow(event, options)));
  write(rowHeader(options));
  try {
    return await runOne(environment, userClass, options);
  } finally {
    environment.events.request.removeListener(listener);
    silence();
  }
}

async function runOne(environment: Environment, userClass: UserClass, options: SingleUserOptions): Promise<User> {
  const runtime = makeRuntime(environment, options);
  environment.useRuntime(runtime);
  await fireBeginning(environment);
  const user = makeUser(userClass, environment);
  environment.singleUserInstance = user;
  runtime.introduce(user, userClass.name);
  await user.start();
  return user;
}

/** There is no test that a constructor could steer: what it throws to do so says why the user cannot be made. */
function makeUser(userClass: UserClass, environment: Environment): User {
  try {
    return createUser(userClass, environment);
  } catch (thrown) {
    if (!isControl(thrown)) throw thrown;
    const reason = thrown.message || `the constructor of ${userClass.name} threw ${thrown.name}`;
    throw new TsloadError('BAD_USER_CLASS', reason, { cause: thrown });
  }
}

async function fireBeginning(environment: Environment): Promise<void> {
  const { init, testStart } = environment.events;
  if (!(await init.fireAndWait({ environment, runner: undefined, webUi: undefined }))) {
    throw new TsloadError('MISUSE', 'a listener of init failed, so the user is not started: see the log');
  }
  prepareTest(environment);
  try {
    await testStart.fireAndWait({ environment });
  } catch (thrown) {
    if (!isControl(thrown)) throw thrown;
    log.warning(`a listener of testStart threw ${thrown.name}, which ends no single user`);
  }
}

/** What is recorded is thrown away: rows are all there is. */
function makeRuntime(environment: Environment, { iterations, seed }: SingleUserOptions): WorkerRuntime {
  const recorder = new IntervalRecorder();
  environment.events.request.recordInto(recorder);
  const stopAll = (): void => {
    environment.singleUserInstance?.stop(true);
  };
  const runtime = new WorkerRuntime({ recorder, workerIndex: () => 0, stopTest: stopAll });
  const limit: IterationLimit | undefined = iterations === undefined ? undefined : { kind: 'total', count: iterations };
  runtime.begin({ ...testSettings(environment), iterations: limit, seed });
  runtime.granted?.grant(iterations ?? 0, true);
  return runtime;
}

function makeEnvironment(options: SingleUserOptions): Environment {
  return new Environment({ events, parsedOptions: options.parsedOptions ?? defaultsOfArguments() });
}

/** The locustfile's own arguments with their defaults, by name. */
function defaultsOfArguments(): ParsedOptions {
  const found: Record<string, unknown> = {};
  events.initCommandLineParser.fire({
    parser: {
      addArgument(flags, { default: value, envVar } = {}) {
        const words = typeof flags === 'string' ? [flags] : flags;
        const name = (words.find((word) => word.startsWith('--')) ?? words[0] ?? '').replace(/^-+/, '');
        const given = envVar === undefined ? undefined : process.env[envVar];
        found[name.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase())] = given ?? value;
      },
    },
  });
  return found;
}

function hostOf({ host }: SingleUserOptions): string | undefined {
  if (host !== undefined) return host;
  const { values } = parseArgs({ strict: false, options: { host: { type: 'string', short: 'H' } } });
  return typeof values.host === 'string' ? values.host : (process.env['TSLOAD_HOST'] ?? process.env['LOCUST_HOST']);
}

function showLog(level: LogLevel | null | undefined): () => void {
  if (level === null) return () => {};
  setLogLevel(level ?? 'WARNING');
  return addLogSink((record) => void process.stderr.write(`${record.level}/${record.logger}: ${record.message}\n`));
}
