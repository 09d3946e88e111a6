/**
 * What a worker takes over from its master: what was set up for the run, and what holds for each test.
 */
import { TsloadError } from '../errors.js';
import type { RunSetup, TestSettings, UserClassUpdate } from '../link/index.js';
import { getLogger } from '../log.js';
import type { IntervalRecorder } from '../stats/index.js';
import { taskSelectionOf } from '../users/index.js';
import type { Environment } from './environment.js';

const log = getLogger('tsload.runners');

export class WorkerSettings {
  /** What holds when the master says nothing: `--host` of the worker's own. */
  readonly #ownHost: string | undefined;
  #isFiltered = false;

  /** `unusable`: something cannot be used here, as when the master's locustfile is another one. The rest is taken over. */
  constructor(
    private readonly environment: Environment,
    private readonly recorder: IntervalRecorder,
    private readonly unusable: (message: string) => void,
  ) {
    this.#ownHost = environment.host;
  }

  /** Called with each welcome. Once more changes nothing. */
  applySetup({ userConfigs, equalWeights, maxNames }: RunSetup): void {
    const { environment } = this;
    this.recorder.limitNames(maxNames);
    for (const { userClass, values } of userConfigs) {
      this.#attempt(`what is set on class ${userClass}`, () => environment.configureUserClass(userClass, values));
    }
    if (equalWeights) environment.assignEqualWeights();
  }

  /** Called at the start of each test, before `testStart`, and again by a master that takes this worker back. */
  applyTest({ host, stopTimeoutSeconds, catchExceptions, tags, excludeTags, customOptions }: TestSettings): void {
    const { environment } = this;
    environment.host = host ?? this.#ownHost;
    environment.stopTimeout = stopTimeoutSeconds;
    environment.catchExceptions = catchExceptions;
    environment.adoptOptions(customOptions);
    this.#filter(tags, excludeTags);
  }

  update(update: UserClassUpdate): void {
    this.#attempt(`the update of class ${update.userClass}`, () => this.environment.updateUserClass(update));
  }

  #attempt(what: string, apply: () => void): void {
    try {
      apply();
    } catch (thrown) {
      if (!(thrown instanceof TsloadError)) throw thrown;
      const message = `${what} on the master cannot be used here: ${thrown.message}`;
      log.error(message);
      this.unusable(message);
    }
  }

  /** Once, as in Locust: at the first test. The master's alone, also when it names none: tags of this process have no effect. */
  #filter(tags: readonly string[], excludeTags: readonly string[]): void {
    if (this.#isFiltered) return;
    this.#isFiltered = true;
    if (tags.length === 0 && excludeTags.length === 0) return;
    taskSelectionOf(this.environment).filterByTags({ tags, excludeTags }, this.environment.userClasses);
  }
}
