/**
 * The users of one Locust worker: which it is told to have, and when. Locust starts at once whatever is missing from the counts of a
 * spawn, so the pace of a ramp is kept here.
 */
import { callAt, epochSeconds } from '../../clock.js';
import { getLogger } from '../../log.js';
import type { RunSetup, SpawnMessage, TestSettings, UserClassUpdate } from '../messages.js';
import { ForeignClasses, type ForeignUpdate } from './foreignClasses.js';
import { readClassCounts } from './readStats.js';
import { parsedOptionsOf } from './spawnOptions.js';
import { SpawnPlan } from './spawnPlan.js';
import { fieldsOf } from './values.js';

/** Seconds from one spawn to the next while users start one after the other. */
const paceSeconds = 0.25;

const log = getLogger('tsload.link');

export interface ForeignUsersOptions {
  readonly id: string;
  userClasses(): readonly string[];
  readonly secretOptions: ReadonlySet<string>;
  send(type: string, data: unknown): void;
  /** The users of a ramp's last step are there. */
  done(step: number, userCounts: Readonly<Record<string, number>>): void;
}

export class ForeignUsers {
  readonly #classes = new ForeignClasses();
  /** Of the test that goes on. */
  #settings: TestSettings | undefined;
  #plan = new SpawnPlan([]);
  #step = 0;
  /** The step whose end the master wants to hear of; 0: none. */
  #awaitedStep = 0;
  #pace: { readonly cancel: () => void } | undefined;
  #lastSpawnTime = 0;
  #told: ReadonlyMap<string, number> = new Map();
  /** Spawns that were sent in this test, and those that the worker said it has. */
  #sent = 0;
  #heard = 0;

  constructor(private readonly options: ForeignUsersOptions) {}

  /** The worker was told to have users in the last test. */
  get wasTold(): boolean {
    return this.#sent > 0;
  }

  /** The worker has heard so. */
  get hasHeard(): boolean {
    return this.#heard > 0;
  }

  /** What holds of user classes from the beginning. */
  setUp(setup: RunSetup): void {
    this.#classes.begin(setup);
  }

  update(update: UserClassUpdate): void {
    this.#sendUpdates(this.#classes.update({ ...update }));
  }

  begin(settings: TestSettings): void {
    this.#settings = settings;
    this.#plan = new SpawnPlan(this.options.userClasses());
    this.#told = this.#plan.counts();
    this.#awaitedStep = 0;
    this.#sent = 0;
    this.#heard = 0;
  }

  /** No user starts any more. */
  end(): void {
    this.#pace?.cancel();
    this.#settings = undefined;
  }

  take(message: SpawnMessage): void {
    this.#plan.take(message);
    this.#step = message.step;
    this.#awaitedStep = message.isLast ? message.step : 0;
    this.#pace?.cancel();
    this.#plan.advance(epochSeconds());
    const possible = this.#classes.possible(this.#plan.counts());
    if (this.#plan.nextTime === undefined || !isSame(possible, this.#told)) this.#tell();
    this.#sleep();
  }

  /** The worker may have missed the last spawn. */
  repeat(): void {
    if (this.#sent > 0) this.#tell();
  }

  /** The worker has a spawn. */
  spawning(): void {
    this.#heard++;
  }

  /** It has done a spawn; only when that was the last one the master is told. Throws `LinkError`. */
  complete(data: unknown): void {
    const counts = readClassCounts(fieldsOf(data, 'spawning_complete')['user_classes_count']);
    if (this.#settings === undefined || this.#awaitedStep === 0 || this.#plan.nextTime !== undefined) return;
    const isAsTold = [...this.#told].every(([name, count]) => (counts[name] ?? 0) === count);
    if (!isAsTold && this.#heard < this.#sent) return;
    this.#awaitedStep = 0;
    this.options.done(this.#step, counts);
  }

  /** The worker has reported users of these classes. */
  report(reported: Readonly<Record<string, number>>): void {
    const missing = this.#classes.hear(reported, this.options.userClasses());
    if (missing.length === 0) return;
    log.error(
      `${this.options.id} has no user class ${missing.join(', ')}, only ${Object.keys(reported).join(', ')}: users of it are not started there; give all workers a locustfile with the same classes`,
    );
    this.repeat();
  }

  #sleep(): void {
    const next = this.#plan.nextTime;
    if (next === undefined) return;
    this.#pace = callAt(Math.max(next, this.#lastSpawnTime + paceSeconds), () => {
      this.#plan.advance(epochSeconds());
      this.#tell();
      this.#sleep();
    });
  }

  #tell(): void {
    const settings = this.#settings;
    if (settings === undefined) return;
    this.#lastSpawnTime = spawnTime(this.#lastSpawnTime);
    this.#sent++;
    this.#told = this.#classes.possible(this.#plan.counts());
    this.#sendUpdates(this.#classes.due(this.#told));
    this.options.send('spawn', {
      timestamp: this.#lastSpawnTime,
      user_classes_count: this.#told,
      host: settings.host ?? null,
      stop_timeout: settings.stopTimeoutSeconds,
      parsed_options: parsedOptionsOf(settings, this.options.secretOptions),
    });
  }

  #sendUpdates(updates: readonly ForeignUpdate[]): void {
    for (const update of updates) this.options.send('update_user_class', update);
  }
}

/**
 * Later than the last one: a worker discards what is not. Never a whole number: boomer compares only those, and says nothing of
 * those that it discards.
 */
function spawnTime(last: number): number {
  const time = Math.max(epochSeconds(), last + 1e-3);
  return Number.isInteger(time) ? time + 1e-6 : time;
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([name, count]) => b.get(name) === count);
}
