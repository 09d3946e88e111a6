/**
 * The base of every user class: who it is, and what it awaits. The life of a user (tasks, waits, stopping) is in `userRun.ts`.
 */
import type { Environment } from '../events/index.js';
import { Activity } from './activity.js';

export class User {
  /** Base URL. `environment.host` overrides it. Locust: `host`. */
  static host: string | undefined;

  /** What this user awaits from tsload right now. For clients. */
  readonly activity = new Activity();

  constructor(readonly environment: Environment) {}

  /** The base URL in force: the environment's if it has one, else the class's. */
  get host(): string | undefined {
    return this.environment.host || (this.constructor as typeof User).host;
  }

  /** Merged under the context of each request. Locust: `context`. */
  context(): Record<string, unknown> {
    return {};
  }

  /** Runs once before the first task. */
  onStart(): unknown {
    return undefined;
  }

  /** Runs once after the last task, whatever ended the user. */
  onStop(): unknown {
    return undefined;
  }
}
