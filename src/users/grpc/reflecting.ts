/**
 * Waits until the server has told its services: once for a class, whichever of its users asks first. While the server cannot be
 * reached the users wait and ask again each second; a server that answers otherwise is a fault that ends them.
 */
import { getLogger } from '../../log.js';
import { Activity, Pending } from '../activity.js';
import { Sleep } from '../sleep.js';
import type { Caller } from './caller.js';
import { GrpcError } from './grpcError.js';
import { type ReflectedService, reflect } from './reflection.js';

const retrySeconds = 1;
const unreachable: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED']);
const log = getLogger('tsload.user.grpc');

/** The question of one class to one server. */
export class Reflecting {
  #answer: Promise<ReflectedService> | undefined = undefined;
  #hasWarned = false;

  constructor(
    private readonly userName: string,
    private readonly service: string | undefined,
  ) {}

  /** Rejects when the user is stopped, and with what the server has to say against it. */
  async answerFor(caller: Caller): Promise<ReflectedService> {
    for (;;) {
      try {
        this.#answer ??= reflect({ ...caller, activity: new Activity() }, this.service);
        return await new Awaiting(caller.activity, this.#answer).promise;
      } catch (thrown) {
        this.#answer = undefined;
        if (!(thrown instanceof GrpcError && unreachable.has(thrown.status))) throw thrown;
        this.#warn(caller, thrown);
      }
      await new Sleep(caller.activity, retrySeconds).promise;
    }
  }

  #warn(caller: Caller, error: GrpcError): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    log.warning(
      `users of ${this.userName} wait for ${caller.url} to tell its services: ${error.status} ${error.message}`,
    );
  }
}

/** Lets a user await what is not its own: a stop ends its waiting, and nothing else. */
class Awaiting<Result> extends Pending {
  readonly promise: Promise<Result>;
  #reject!: (reason: unknown) => void;

  constructor(activity: Activity, shared: Promise<Result>) {
    super();
    this.promise = new Promise((resolve, reject) => {
      this.#reject = reject;
      if (!activity.enter(this)) return;
      shared.then(resolve, reject).finally(() => activity.leave(this));
    });
  }

  override cancel(reason: unknown): void {
    this.#reject(reason);
  }
}
