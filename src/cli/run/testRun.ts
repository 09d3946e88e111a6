/**
 * One run from its start to its exit code: starts the users, waits for what ends it, and shuts down in order.
 *
 * The order differs from Locust's in one point: users are stopped before `quitting` listeners are called and the exit code is
 * decided, so that both see the whole run, and every output is written after the last report.
 */
import { type Call, callAfter, epochSeconds } from '../../clock.js';
import { type Environment, exitCodeOf, type TestRunner } from '../../environment/index.js';
import { getLogger } from '../../log.js';
import { exitCodes } from '../exit.js';
import type { Settings } from '../options/optionTable.js';
import { Hurry } from './hurry.js';
import { listenToKeys, pressKey, terminalInput } from './keyboard.js';
import type { Outputs } from './outputs.js';
import type { Signals } from './signals.js';

const log = getLogger('tsload.main');

/** How the test of a run begins. */
export interface Beginning {
  /** Resolves when the test can begin, with false when it never can. */
  isReady(): Promise<boolean>;
  /** Goes on with a test that was begun before, if there is one. */
  resume(): Resumption | undefined;
}

/** A test that another master began. */
export interface Resumption {
  /** Seconds since 1970. */
  readonly startTime: number;
  /** It was over when that master was lost: only its results are to be written. */
  readonly isOver: boolean;
}

export class TestRun {
  #stopNow: (why: 'stopped' | 'time' | 'ended') => void = () => {};
  readonly #hurry = new Hurry();
  #runEnd: Call | undefined;
  #began = 0;
  #isStarted = false;
  #wasNeverStarted = false;

  constructor(
    private readonly environment: Environment,
    private readonly runner: TestRunner,
    private readonly settings: Settings,
    private readonly outputs: Outputs,
    private readonly beginning: Beginning = { isReady: async () => true, resume: () => undefined },
  ) {}

  /** Returns the exit code. */
  async run(signals: Signals): Promise<number> {
    const over = new Promise<'stopped' | 'time' | 'ended'>((resolve) => {
      this.#stopNow = resolve;
    });
    signals.giveTo({
      stop: (signal) => {
        const what = this.#isStarted
          ? 'stopping the test (once more: without waiting for users)'
          : 'the test is not started';
        log.info(`Got ${signal}: ${what}`);
        this.#stopNow('stopped');
      },
      hurry: (signal) => {
        log.warning(`Got ${signal} again: not waiting for users any longer`);
        this.runner.hurry();
        this.#hurry.up();
      },
      abandon: () => this.runner.abandon?.(),
    });
    process.once('beforeExit', () => this.#stuck());
    void this.runner.ended.then(() => this.#stopNow('ended'));
    const resumed = this.beginning.resume();
    if (resumed === undefined && !(await this.#isReady(over))) {
      this.#wasNeverStarted = true;
      return this.#shutDown();
    }
    this.#start(resumed);
    const closeKeys = listenToKeys(terminalInput(process.stdin), (key) =>
      pressKey(key, this.runner, this.environment.shape !== undefined),
    );
    const why = await over;
    closeKeys();
    this.#runEnd?.cancel();
    if (why === 'time') log.info('--run-time limit reached, shutting down');
    else if (this.environment.shape !== undefined && why === 'ended') log.info('Shape test completed, shutting down');
    return this.#shutDown();
  }

  /** Also when the test is given up while its workers are waited for. */
  async #isReady(over: Promise<string>): Promise<boolean> {
    const ready = await Promise.race([this.beginning.isReady(), over]);
    if (ready === 'ended') log.error('the runner quit before the test began: the test is not started');
    return ready === true;
  }

  #start(resumed: Resumption | undefined): void {
    const { settings, runner, environment } = this;
    this.#isStarted = true;
    const ranSeconds = resumed === undefined ? 0 : Math.max(0, epochSeconds() - resumed.startTime);
    this.#began = performance.now() - ranSeconds * 1000;
    this.outputs.start();
    if (resumed?.isOver) {
      this.#stopNow('ended');
      return;
    }
    if (environment.shape === undefined) this.#limitTime(settings.runTime ?? 0, ranSeconds);
    if (resumed !== undefined) return;
    if (environment.shape === undefined) runner.start(settings.numUsers ?? 1, settings.spawnRate ?? 1);
    else runner.startShape();
  }

  #limitTime(seconds: number, ranSeconds: number): void {
    if (seconds === 0) {
      log.info(`No run time limit set, ${this.#otherEnd()}`);
      return;
    }
    const rest = ranSeconds === 0 ? '' : `, of which ${Math.max(0, Math.round(seconds - ranSeconds))} are left`;
    log.info(`Run time limit set to ${seconds} seconds${rest}`);
    this.#runEnd = callAfter(Math.max(0, seconds - ranSeconds), () => this.#stopNow('time'));
  }

  #otherEnd(): string {
    const { iterations } = this.settings;
    if (iterations === undefined) return 'use CTRL+C to end the test';
    return `the test ends after ${iterations.count} iterations${iterations.kind === 'perUser' ? ' of each user' : ''}`;
  }

  /** The event loop is empty and the run is not over: it goes on without the listener that it waits for. */
  #stuck(): void {
    log.error('a listener awaits something that never comes: the run ends without it');
    this.environment.events.hasFailedListener = true;
    this.#stopNow('stopped');
    this.#hurry.up();
  }

  async #shutDown(): Promise<number> {
    const { environment, runner, outputs } = this;
    await this.#hurry.unlessCalled(runner.stopWithListeners(), 'stop');
    const runSeconds = (performance.now() - this.#began) / 1000;
    log.debug('Running the quitting listeners');
    await this.#hurry.unlessCalled(
      environment.events.quitting.fireAndWait({ environment }, { reverse: true }),
      'quitting',
    );
    await this.#hurry.unlessCalled(runner.quit(), 'quit');
    const code = this.#exitCode();
    outputs.stopPrinting();
    log.info(`Shutting down (exit code ${code})`);
    await outputs.finish(this.#wasNeverStarted ? undefined : runSeconds);
    await this.#hurry.unlessCalled(environment.events.quit.fireAndWait({ exitCode: code }), 'quit');
    return this.#finalCode(code);
  }

  #exitCode(): number {
    const { environment, settings } = this;
    if (this.#wasNeverStarted) return environment.processExitCode ?? exitCodes.failed;
    return exitCodeOf(environment, settings.exitCodeOnError);
  }

  /** Results that are missing in a file are worse than a failed request. A code that the test chose itself stands. */
  #finalCode(code: number): number {
    for (const failure of this.outputs.failures) log.error(failure);
    if (this.outputs.failures.length === 0 || this.environment.processExitCode !== undefined) return code;
    return exitCodes.output;
  }
}
