/**
 * The life of a worker between `init` and its exit code: it ends when its master says so, when it has lost its master, or by a
 * signal.
 */
import { type Environment, exitCodeOf, type WorkerRunner } from '../../environment/index.js';
import { getLogger, type Logger } from '../../log.js';
import { exitCodes } from '../exit.js';
import { Hurry } from './hurry.js';
import type { Signals } from './signals.js';

const log = getLogger('tsload.main');
/**
 * For users that do not end and for the last reports, which a master acknowledges about a second later. A worker that went before it
 * has said goodbye would be waited for until its grace is over.
 */
const hurriedLeaveMillis = 6000;

export class WorkerRun {
  readonly #hurry = new Hurry();
  /** Of several workers of one master each would say the same. */
  readonly #say: Logger['info'];

  /** `isSupervised`: tsload has started this worker, and says itself what is going on. */
  constructor(
    private readonly environment: Environment,
    private readonly runner: WorkerRunner,
    isSupervised: boolean,
  ) {
    this.#say = isSupervised ? log.debug : log.info;
  }

  /** Returns the exit code. */
  async run(signals: Signals): Promise<number> {
    const { environment, runner } = this;
    signals.giveTo({
      stop: (signal) => {
        this.#say(`Got ${signal}: leaving the master (once more: without waiting for users)`);
        void runner.quit();
      },
      hurry: () => {
        runner.hurry();
        this.#hurry.up();
      },
    });
    await this.#hurry.unlessCalled(runner.ended, 'the test', hurriedLeaveMillis);
    await this.#hurry.unlessCalled(
      environment.events.quitting.fireAndWait({ environment }, { reverse: true }),
      'quitting',
    );
    const code = this.#exitCode();
    this.#say(`Shutting down (exit code ${code})`);
    await this.#hurry.unlessCalled(environment.events.quit.fireAndWait({ exitCode: code }), 'quit');
    return code;
  }

  /** Failed requests are in the master's exit code. */
  #exitCode(): number {
    const { environment, runner } = this;
    if (environment.processExitCode !== undefined || runner.ending?.why !== 'lost') return exitCodeOf(environment);
    return exitCodes.noMaster;
  }
}
