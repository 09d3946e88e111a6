/**
 * The master's side of a handshake: which worker is at the other end of a new connection, and whether it is known.
 */
import { LinkError } from '../../errors.js';
import type { WorkerHello } from '../messages.js';
import { readWorkerHello } from '../readWorkerMessage.js';
import type { Carrier } from './carrier.js';
import { endFrame, introduceFrame, type OpenFrame, readFrame } from './frames.js';

/** What is decided about it. */
export interface GreetingOwner {
  /** Takes the connection over for a known session; false: this worker has to introduce itself. Throws to refuse it. */
  opened(open: OpenFrame, greeting: Greeting): boolean;
  /** Throws to refuse it. */
  introduced(open: OpenFrame, hello: WorkerHello, greeting: Greeting): void;
  /** The handshake came to nothing. */
  failed(greeting: Greeting, reason: string): void;
}

export class Greeting {
  readonly since = performance.now();
  #open: OpenFrame | undefined;

  constructor(
    readonly carrier: Carrier,
    readonly address: string,
    private readonly owner: GreetingOwner,
    private readonly closeMillis: number,
  ) {
    carrier.hear({
      frame: (bytes) => this.#frame(bytes),
      lost: (reason) => owner.failed(this, reason),
      malformed: (reason) => this.refuse(reason),
    });
  }

  /** The worker that it says it is of. */
  get open(): OpenFrame | undefined {
    return this.#open;
  }

  refuse(sentence: string): void {
    this.carrier.hear({ frame: () => {}, lost: () => {}, malformed: () => {} });
    this.carrier.send(endFrame(sentence));
    this.carrier.end(this.closeMillis);
    this.owner.failed(this, sentence);
  }

  #frame(bytes: Buffer): void {
    try {
      const frame = readFrame(bytes);
      if (frame.kind === 'open' && this.#open === undefined) {
        this.#open = frame;
        if (!this.owner.opened(frame, this)) this.carrier.send(introduceFrame());
      } else if (frame.kind === 'hello' && this.#open !== undefined) {
        this.owner.introduced(this.#open, readHello(this.#open, frame.hello), this);
      } else throw new LinkError(`a frame of kind ${frame.kind} came during the handshake`);
    } catch (thrown) {
      this.refuse(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
}

function readHello({ worker }: OpenFrame, value: unknown): WorkerHello {
  const hello = readWorkerHello(value);
  if (hello.worker === worker) return hello;
  throw new LinkError(`worker ${worker} introduces itself as ${hello.worker}`);
}
