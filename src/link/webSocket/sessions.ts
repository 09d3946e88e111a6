/**
 * The workers of a master: who is known, who comes back, who is new.
 */
import { ConnectionError, LinkError } from '../../errors.js';
import { describeThrown, getLogger } from '../../log.js';
import type { WorkerHello } from '../messages.js';
import type { Complaints } from './complaints.js';
import { joinedFrame, type OpenFrame, oneLine, resumeFrame } from './frames.js';
import type { Greeting, GreetingOwner } from './greeting.js';
import { tickMillis } from './limits.js';
import { MasterSession } from './masterSession.js';
import type { LinkLimits, LinkServerOptions } from './options.js';
import type { SessionOwner } from './session.js';
import { isSameSecret } from './token.js';

const log = getLogger('tsload.link');
/** Seconds that a session outlives its worker's grace, should nobody have closed it. */
const spareSeconds = 60;

export class Sessions implements GreetingOwner {
  readonly #known = new Map<string, Membership>();
  readonly #greetings = new Set<Greeting>();
  #watchedAt = performance.now();
  #isClosed = false;

  constructor(
    private readonly options: LinkServerOptions,
    private readonly limits: LinkLimits,
    private readonly complaints: Complaints,
  ) {}

  greet(greeting: Greeting): void {
    this.#greetings.add(greeting);
  }

  opened(open: OpenFrame, greeting: Greeting): boolean {
    const session = this.#known.get(open.worker)?.session;
    if (session !== undefined) this.#checkSecret(session, open);
    if (session?.isListened !== true) {
      session?.abandon();
      this.#dropOthersOf(open, greeting);
      return false;
    }
    this.#greetings.delete(greeting);
    session.detach('the worker made a new one');
    greeting.carrier.send(resumeFrame(session.received));
    session.attach(greeting.carrier, open.received);
    session.resumed();
    return true;
  }

  introduced(open: OpenFrame, hello: WorkerHello, greeting: Greeting): void {
    const known = this.#known.get(open.worker)?.session;
    if (known !== undefined) this.#checkSecret(known, open);
    if (this.#isClosed) throw new ConnectionError('this master is ending');
    known?.abandon(new ConnectionError(`worker ${open.worker} joined anew`));
    this.#greetings.delete(greeting);
    this.#compareVersions(hello);
    const member = new Membership(hello, this.limits, (reason) => this.#ended(member, reason));
    member.session = new MasterSession(member, open.session);
    this.#known.set(hello.worker, member);
    greeting.carrier.send(joinedFrame());
    member.session.attach(greeting.carrier, 0);
    this.#announce(hello, member.session);
  }

  failed(greeting: Greeting, reason: string): void {
    if (!this.#greetings.delete(greeting)) return;
    const { address } = greeting;
    this.complaints.once(`${address} greeting`, `a worker from ${address} did not join: ${oneLine(reason)}`);
  }

  /** To be called each second. */
  look(): void {
    const now = performance.now();
    const wasAway = now - this.#watchedAt > tickMillis(this.limits) + this.limits.silenceMillis / 2;
    this.#watchedAt = now;
    for (const member of [...this.#known.values()]) this.#lookAt(member, wasAway);
    for (const greeting of [...this.#greetings]) {
      if (now - greeting.since < this.limits.handshakeMillis) continue;
      greeting.refuse(`it did not finish the handshake within ${this.limits.handshakeMillis / 1000} s`);
    }
  }

  /** Closes all links, and takes no more. */
  close(): void {
    this.#isClosed = true;
    for (const greeting of [...this.#greetings]) greeting.refuse('this master is ending');
    for (const { session } of [...this.#known.values()]) {
      if (session.isUp) session.close();
      else session.abandon();
    }
  }

  #lookAt({ session, hello, interruptedAt }: Membership, wasAway: boolean): void {
    if (wasAway) session.excuseSilence();
    const { silenceMillis } = this.limits;
    if (session.isSilent(silenceMillis)) session.detach(`nothing came for ${silenceMillis / 1000} s`);
    const goneSeconds = interruptedAt === undefined ? 0 : (performance.now() - interruptedAt) / 1000;
    if (session.isUp || goneSeconds < hello.graceSeconds + spareSeconds) return;
    session.abandon(new ConnectionError(`worker ${hello.worker} has been gone for ${Math.round(goneSeconds)} s`));
  }

  #announce(hello: WorkerHello, session: MasterSession): void {
    try {
      this.options.onWorker(hello, session);
    } catch (thrown) {
      log.error(`worker ${hello.worker} could not be taken in: ${describeThrown(thrown)}`);
      session.fail(
        new ConnectionError('the master could not take this worker in: its log says why', { cause: thrown }),
      );
    }
  }

  /** Greetings of the same worker that it has given up itself. */
  #dropOthersOf(open: OpenFrame, greeting: Greeting): void {
    for (const other of this.#greetings) {
      if (other === greeting || other.open?.worker !== open.worker || other.open.session !== open.session) continue;
      this.#greetings.delete(other);
      other.carrier.drop();
    }
  }

  #checkSecret(session: MasterSession, { worker, session: secret }: OpenFrame): void {
    if (isSameSecret(secret, session.secret)) return;
    throw new LinkError(`there is a worker ${oneLine(worker)} already, and this is another process`);
  }

  #compareVersions({ worker, version }: WorkerHello): void {
    if (version === this.options.version) return;
    const versions = `tsload ${oneLine(version)} and this master ${this.options.version}`;
    log.warning(`worker ${oneLine(worker)} is ${versions}: they understand each other, but install the same on both`);
  }

  #ended(member: Membership, reason: Error | undefined): void {
    if (this.#known.get(member.hello.worker) === member) this.#known.delete(member.hello.worker);
    if (reason !== undefined)
      log.error(`the link to worker ${oneLine(member.hello.worker)} is closed: ${reason.message}`);
  }
}

/** One worker's session and what the server has to remember of it. */
class Membership implements SessionOwner {
  session!: MasterSession;
  /** Milliseconds of `performance.now()`: when a connection was lost the last time. */
  interruptedAt: number | undefined;
  readonly peer: string;

  constructor(
    readonly hello: WorkerHello,
    readonly limits: LinkLimits,
    readonly ended: (reason: Error | undefined) => void,
  ) {
    this.peer = `worker ${oneLine(hello.worker)}`;
  }

  /**
   * Before anybody listens nothing was said to the worker and nothing of it was heard, so it may as well join anew; and one that is gone
   * for good is not let in.
   */
  interrupted(): void {
    this.interruptedAt = performance.now();
    if (!this.session.isListened) this.session.abandon();
  }
}
