/**
 * One attempt of a worker to get a connection to its master, from the socket to the end of the handshake.
 */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { ConnectionError } from '../../errors.js';
import type { WorkerHello } from '../messages.js';
import { Carrier } from './carrier.js';
import { type Frame, helloFrame, linkPath, oneLine, openFrame, readFrame, subprotocol } from './frames.js';
import type { LinkLimits, MasterAddress } from './options.js';
import { DialError, isEncrypted, nameOf, refusalOf, refused, unreachable, urlOf } from './refusals.js';
import type { WorkerSession } from './workerSession.js';

export interface DialOptions {
  readonly address: MasterAddress;
  readonly session: WorkerSession;
  readonly worker: string;
  /** Of this process. */
  readonly secret: string;
  readonly hello: () => WorkerHello;
  readonly limits: LinkLimits;
  readonly signal: AbortSignal;
}

/** What the master made of it: it knew the session, or took in a new one. */
export type Welcome = 'resumed' | 'joined';

/** Attaches the session to a new connection. Throws `DialError`, or the signal's reason. */
export function dial(options: DialOptions): Promise<Welcome> {
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    const attempt = new Attempt(options, resolve, reject);
    attempt.start();
  });
}

/** Headers and certificates of every request to a master. */
export function requestOptions({ token, tls }: MasterAddress) {
  return {
    headers: { authorization: `Bearer ${token}` },
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.cert !== undefined && { cert: tls.cert }),
    ...(tls?.key !== undefined && { key: tls.key }),
  };
}

const maxSentenceBytes = 2_000;

class Attempt {
  readonly #socket: WebSocket;
  readonly #carrier: Carrier;
  #limit: NodeJS.Timeout | undefined;
  #error: Error | undefined;
  #isIntroduced = false;

  constructor(
    private readonly options: DialOptions,
    private readonly resolve: (welcome: Welcome) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    const { address, limits } = options;
    this.#socket = new WebSocket(`${urlOf(address, 'ws')}${linkPath}`, [subprotocol], {
      ...requestOptions(address),
      maxPayload: limits.maxFrameBytes,
      perMessageDeflate: false,
      followRedirects: false,
      autoPong: false,
    });
    this.#carrier = new Carrier(this.#socket);
  }

  start(): void {
    const { address, worker, secret, session, limits, signal } = this.options;
    this.#limit = setTimeout(() => this.#fail(this.#tooSlow()), limits.handshakeMillis);
    signal.addEventListener('abort', this.#aborted, { once: true });
    this.#socket.on('unexpected-response', (_request, response) => this.#refused(response));
    this.#socket.on('error', (error) => {
      this.#error ??= error;
    });
    this.#socket.on('open', () =>
      this.#carrier.send(openFrame({ worker, session: secret, received: session.received })),
    );
    this.#carrier.hear({
      frame: (bytes) => this.#frame(bytes),
      lost: (reason) => this.#fail(unreachable(address, this.#error ?? new Error(reason))),
      malformed: (reason) => this.#fail(this.#notUnderstood(reason)),
    });
  }

  #frame(bytes: Buffer): void {
    try {
      this.#advance(readFrame(bytes));
    } catch (thrown) {
      this.#fail(this.#notUnderstood(thrown instanceof Error ? thrown.message : String(thrown)));
    }
  }

  #advance(frame: Frame): void {
    const { session } = this.options;
    if (frame.kind === 'end') this.#fail(new DialError(`${this.#master} refuses this worker: ${frame.sentence}`, true));
    else if (frame.kind === 'resume' && !this.#isIntroduced) {
      this.#succeed('resumed');
      session.attach(this.#carrier, frame.received);
      session.resumed();
    } else if (frame.kind === 'introduce' && !this.#isIntroduced) this.#introduce();
    else if (frame.kind === 'joined' && this.#isIntroduced) {
      this.#succeed('joined');
      session.attach(this.#carrier, 0);
    } else throw new ConnectionError(`a frame of kind ${frame.kind} came during the handshake`);
  }

  #introduce(): void {
    const { session, hello } = this.options;
    this.#isIntroduced = true;
    if (session.isClosing) {
      // Nobody is left there who waits for the last messages.
      session.abandon();
      this.#fail(new DialError(`${this.#master} does not know this worker any more`, true));
      return;
    }
    const frame = helloFrame(hello());
    session.introduce();
    this.#carrier.send(frame);
  }

  #refused(response: IncomingMessage): void {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = () => {
      const refusal = refusalOf(response, Buffer.concat(chunks).subarray(0, maxSentenceBytes));
      this.#fail(refused(this.options.address, refusal));
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxSentenceBytes) done();
    });
    response.on('end', done);
    response.on('error', done);
  }

  get #master(): string {
    return `the master at ${nameOf(this.options.address)}`;
  }

  #notUnderstood(reason: string): DialError {
    return new DialError(`${this.#master} sent what is not understood: ${oneLine(reason)}`, true);
  }

  #tooSlow(): DialError {
    const { address, limits } = this.options;
    const hint = isEncrypted(address) ? '' : '; it may want TLS';
    return new DialError(`${this.#master} did not answer within ${limits.handshakeMillis / 1000} s${hint}`, false);
  }

  #succeed(welcome: Welcome): void {
    this.#release();
    this.resolve(welcome);
  }

  #fail(reason: unknown): void {
    this.#release();
    this.#carrier.drop();
    this.reject(reason);
  }

  readonly #aborted = (): void => this.#fail(this.options.signal.reason);

  #release(): void {
    clearTimeout(this.#limit);
    this.options.signal.removeEventListener('abort', this.#aborted);
  }
}
