/**
 * Calls with `catchResponse: true` that are over and wait for their verdict. What the test never disposes of is counted all the
 * same, late, and said so: a sample that vanished would make the numbers wrong.
 */
import { getLogger } from '../../log.js';

/** As many may wait at a time; beyond, the oldest is taken for forgotten. */
const most = 100;

const log = getLogger('tsload.user.grpc');
const forgottenNames = new Set<string>();

/** A call as it is seen here. */
export interface Judgeable {
  readonly name: string;
  /** Counts it, once. */
  count(): unknown;
}

/** Those of one user. */
export class OpenJudgements {
  readonly #calls = new Set<Judgeable>();

  add(call: Judgeable): void {
    this.#calls.add(call);
    if (this.#calls.size <= most) return;
    const [oldest] = this.#calls;
    if (oldest !== undefined) this.#forgotten(oldest);
  }

  delete(call: Judgeable): void {
    this.#calls.delete(call);
  }

  /** The user is over. */
  close(): void {
    for (const call of [...this.#calls]) this.#forgotten(call);
  }

  #forgotten(call: Judgeable): void {
    this.#calls.delete(call);
    call.count();
    if (forgottenNames.size >= 1000 || forgottenNames.has(call.name)) return;
    forgottenNames.add(call.name);
    log.warning(
      `a response of ${call.name} with catchResponse: true was never disposed of, so it is counted late and by its verdict or ` +
        'status: receive it with `await using response = …`, or give catchResponse a function',
    );
  }
}
