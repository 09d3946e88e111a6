/** What the calls of one user share: where samples go, how requests travel, cookies, open blocks. For calls, not for tests. */
import { TsloadError } from '../../errors.js';
import type { Events, Recorder } from '../../events/index.js';
import { getLogger } from '../../log.js';
import type { Activity } from '../activity.js';
import type { User } from '../user.js';
import type { HttpCall } from './call.js';
import type { TimeoutName } from './callDeadline.js';
import type { ConnectionPool } from './connectionPool.js';
import { CookieJar } from './cookies.js';
import { type DeadlineList, deadlinesOf } from './deadlines.js';
import { type HeaderList, headerOf } from './headers.js';
import { composed } from './interceptors.js';
import type { Hop } from './redirect.js';
import { CaughtResponse, HttpResponse, type ResponseHead } from './response.js';
import { RestResponse } from './rest.js';
import { recordAnswer } from './sample.js';
import { maskUrl } from './secrets.js';
import type { HttpSettings } from './settings.js';
import { CaughtStream, StreamedResponse } from './streamedResponse.js';

/** `catchResponse: true` responses that may be open at a time; beyond, the oldest is taken for forgotten. */
const MAX_OPEN_BLOCKS = 100;

const log = getLogger('tsload.http');
const forgottenNames = new Set<string>();

export class CallSession {
  readonly activity: Activity;
  readonly cookies: CookieJar;
  /** The longest silence of a server; undefined without one. */
  readonly silence: DeadlineList | undefined;
  readonly #user: User;
  readonly #settings: HttpSettings;
  readonly #pool: ConnectionPool;
  readonly #isPoolShared: boolean;
  #intercepted: ((call: HttpCall) => void) | undefined;
  #openBlocks: Set<HttpCall> | undefined = undefined;

  constructor(user: User, settings: HttpSettings, pool: ConnectionPool, isPoolShared: boolean, home: string) {
    this.activity = user.activity;
    this.cookies = new CookieJar(home);
    this.silence = settings.networkTimeoutMs > 0 ? deadlinesOf(settings.networkTimeoutMs) : undefined;
    this.#user = user;
    this.#settings = settings;
    this.#pool = pool;
    this.#isPoolShared = isPoolShared;
    this.#intercepted =
      settings.interceptors.length > 0
        ? composed(settings.interceptors, (attempt, origin) => this.#pool.send(attempt, origin))
        : undefined;
  }

  get recorder(): Recorder {
    return this.#user.environment.runtime.recorder;
  }

  get events(): Events {
    return this.#user.environment.events;
  }

  get maxRedirects(): number {
    return this.#settings.maxRedirects;
  }

  get retriesStale(): boolean {
    return this.#settings.retriesStale;
  }

  /** Hot: sends a call's next request. */
  dispatch(call: HttpCall): void {
    try {
      if (this.#intercepted !== undefined) {
        this.#intercepted(call);
      } else {
        call.handedOver();
        this.#pool.send(call, call.origin);
      }
    } catch (thrown) {
      call.refuseCall(this.isBadRequest(thrown, false) ? this.badRequest(thrown, call) : thrown);
    }
  }

  /** Hot: the response of a call that is over; unless a block judges it, its sample is taken. */
  respond(call: HttpCall): ResponseHead {
    const { isCaught, isStream } = call.mode;
    if (isCaught) {
      call.response = call.mode.isRest
        ? new RestResponse(call)
        : isStream
          ? new CaughtStream(call)
          : new CaughtResponse(call);
      this.#open(call);
      return call.response;
    }
    const response = isStream ? new StreamedResponse(call) : new HttpResponse(call);
    call.response = response;
    recordAnswer(call);
    return response;
  }

  concluded(call: HttpCall): void {
    this.#openBlocks?.delete(call);
  }

  /** Keeps the cookies of an answer. */
  keepCookies(call: HttpCall, setCookies: readonly string[]): void {
    this.cookies.receive(setCookies, call.url);
  }

  /** Hot: headers with the cookies that belong to this request; a Cookie header of the test's own stands. */
  withCookies({ origin, path, headers }: Pick<Hop, 'origin' | 'path' | 'headers'>): HeaderList {
    if (this.cookies.isEmpty || headerOf(headers, 'cookie') !== undefined) return headers;
    const cookie = this.cookies.header(origin + path);
    return cookie === '' ? headers : [...headers, 'cookie', cookie];
  }

  /** Context of a sample, where somebody will see it. */
  contextOf(own: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
    return { ...this.#user.context(), ...own };
  }

  /** For messages: whom requests of this origin talk to. */
  targetOf(origin: string): string {
    const { proxy } = this.#pool.settings;
    return proxy === undefined ? origin : `${origin} (by the proxy ${maskUrl(proxy.url)})`;
  }

  timeoutText(name: TimeoutName, timeoutMs: number): string {
    return name === 'TimeoutError'
      ? `not done within ${timeoutMs / 1000} s`
      : `nothing was heard for ${this.#settings.networkTimeoutMs / 1000} s`;
  }

  /** Whether undici refused the request itself. `hadBegun`: later, the same codes tell of something else. */
  isBadRequest(thrown: unknown, hadBegun: boolean): boolean {
    if (hadBegun || !(thrown instanceof Error) || !('code' in thrown)) return false;
    return thrown.code === 'UND_ERR_INVALID_ARG' || thrown.code === 'UND_ERR_NOT_SUPPORTED';
  }

  badRequest(thrown: unknown, { method, name }: HttpCall): TsloadError {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return new TsloadError('BAD_REQUEST', `${method} ${name} cannot be sent as it is written: ${reason}`, {
      cause: thrown,
    });
  }

  /** The user is over. */
  close(): void {
    for (const call of [...(this.#openBlocks ?? [])]) this.#forgotten(call);
    if (!this.#isPoolShared) this.#pool.close();
  }

  #open(call: HttpCall): void {
    this.#openBlocks ??= new Set();
    this.#openBlocks.add(call);
    if (this.#openBlocks.size <= MAX_OPEN_BLOCKS) return;
    const [oldest] = this.#openBlocks;
    if (oldest !== undefined) this.#forgotten(oldest);
  }

  /** A response that nobody disposed of is counted by its status, late, and said so once for each name. */
  #forgotten(call: HttpCall): void {
    if (forgottenNames.size < 1000 && !forgottenNames.has(call.name)) {
      forgottenNames.add(call.name);
      log.warning(
        `a response of ${call.requestType} ${call.name} with catchResponse: true was never disposed of, so it is counted late and by its ` +
          'verdict or status: receive it with `await using response = await …`, or give catchResponse a function',
      );
    }
    try {
      call.outcome.conclude();
    } catch (thrown) {
      log.debug(`a listener of the request event threw for ${call.name}: ${String(thrown)}`);
    }
  }
}
