/**
 * tsload on a host, between the connection and the workers that it starts there as its children.
 *
 * It ends, and they with it, when it is told so, when its input ends, and when it has heard nothing for a minute: a connection may
 * be dead for hours before a system notices.
 */
import { mkdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { LocalSpawner } from '../localSpawner.js';
import type { ProcessEnd } from '../spawner.js';
import { type FromHost, marker, type ToHost } from './hostMessages.js';

/** This module, as its loader sees it. */
export interface Host {
  runHost(place: HostPlace): Promise<never>;
}

export interface HostInput {
  /** Undefined when there is none any more. */
  line(): Promise<string | undefined>;
}

export interface HostPlace {
  readonly input: HostInput;
  /** Of this run alone; goes with the process. */
  readonly folder: string;
  /** Of tsload's package. */
  readonly root: string;
}

type Order = Extract<ToHost, { readonly kind: 'order' }>;

/** Bytes that the connection has not taken yet; more lines are dropped and counted. */
const maxWaitingBytes = 1024 * 1024;
const flushMillis = 2000;

/** Ends the process. */
export async function runHost(place: HostPlace): Promise<never> {
  const order = await nextMessage(place.input);
  if (order?.kind !== 'order') process.exit(1);
  await new Hosting(order, place).run(place.input);
  process.exit(0);
}

/** Undefined at the end of the input. */
async function nextMessage(input: HostInput): Promise<ToHost | undefined> {
  const line = await input.line();
  if (line === undefined) return undefined;
  const message: ToHost = JSON.parse(line); // from the same version of tsload, over a connection of this user
  return message;
}

class Hosting {
  readonly #output = new Socket({ fd: 1, readable: false, writable: true });
  readonly #spawner: LocalSpawner;
  readonly #over: Promise<void>;
  #tellOver = (): void => {};
  /** Of how many workers, and how many of them ended. */
  #started = Number.POSITIVE_INFINITY;
  #ended = 0;
  #dropped = 0;
  #heardAt = performance.now();

  constructor(
    private readonly order: Order,
    { folder, root }: HostPlace,
  ) {
    this.#over = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
    this.#output.on('error', () => {}); // then the input ends, too
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    this.#spawner = new LocalSpawner(order.workers, {
      program: order.program ?? join(root, 'bin/tsload.js'),
      nodeOptions: [],
      orderlyMillis: order.orphanedSeconds * 1000,
      variables: { ...process.env, TMPDIR: temporary, XDG_CACHE_HOME: join(folder, 'cache') },
    });
    this.#spawner.listen({
      line: ({ index }, text) => this.#line(index, text),
      ended: ({ index }, end) => this.#told(index, end),
    });
  }

  /** Until all workers are gone. */
  async run(input: HostInput): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => this.#stop(this.order.orphanedSeconds));
    const silence = setInterval(() => this.#checkSilence(), 1000);
    const obeying = this.#obey(input);
    try {
      const workers = await this.#spawner.start(this.order);
      this.#say({ kind: 'started', workers: workers.map(({ pid = 0, identity }) => ({ pid, identity })) });
      this.#started = workers.length;
      this.#checkOver();
    } catch (thrown) {
      this.#say({ kind: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) });
      this.#tellOver();
    }
    await Promise.race([this.#over, obeying.then(() => this.#over)]);
    clearInterval(silence);
    await this.#flushed();
  }

  /** Until the input ends, which is the order to end. */
  async #obey(input: HostInput): Promise<void> {
    for (;;) {
      const message = await nextMessage(input);
      this.#heardAt = performance.now();
      if (message === undefined) break;
      if (message.kind === 'stop') this.#stop(message.graceSeconds);
    }
    this.#stop(this.order.orphanedSeconds);
  }

  #checkSilence(): void {
    if (performance.now() - this.#heardAt > this.order.lostSeconds * 1000) this.#stop(this.order.orphanedSeconds);
  }

  #stop(graceSeconds: number): void {
    this.#spawner.stop(graceSeconds).then(this.#tellOver, this.#tellOver);
  }

  #told(worker: number, end: ProcessEnd): void {
    this.#say({ kind: 'ended', worker, end });
    this.#ended++;
    this.#checkOver();
  }

  #checkOver(): void {
    if (this.#ended >= this.#started) this.#tellOver();
  }

  #line(worker: number, text: string): void {
    if (this.#output.writableLength > maxWaitingBytes) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      const note = `${this.#dropped} lines of workers were dropped: they came faster than the connection took them`;
      this.#dropped = 0;
      this.#say({ kind: 'line', worker, text: note });
    }
    this.#say({ kind: 'line', worker, text });
  }

  #say(message: FromHost): void {
    this.#output.write(`${marker}${JSON.stringify(message)}\n`);
  }

  /** What was said has left, if there is still somebody to take it. */
  #flushed(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, flushMillis);
      this.#output.once('close', resolve);
      this.#output.end();
    });
  }
}
