/**
 * The thread of the stall watch: sees that the main thread is silent, looks where it is, and breaks that off.
 *
 * It looks by V8's inspector, connected only then: pause, read the call frames, ask the main thread's own hooks who the user
 * is, terminate, resume.
 */
import { writeSync } from 'node:fs';
import { type Debugger, Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { Cell, describeStall, type StallPlace, stallEnds, stallHooksKey, tickMillis } from './stallProtocol.js';

const { cells, stallSeconds, ownRoot }: { cells: Int32Array; stallSeconds: number; ownRoot: string } = workerData;

/** Pauses until one shows the user's code: a loop of microtasks is often met between two of them. */
const maxLooks = 300;
/** Ticks that looking for the user's code may take: on a busy machine each look takes long. */
const lookTicks = Math.ceil(15_000 / tickMillis);
/** Ticks that the main thread gets to turn again after the task was broken off. */
const breakTicks = Math.ceil(3000 / tickMillis);
/** Exit code when nothing else helps. */
const hopelessCode = 2;
/** Milliseconds for exit handlers; and until the process is killed if even they hang. */
const exitMillis = 500;
const killMillis = 3000;

const hooks = `globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(stallHooksKey))})]`;

/** After the first stall of a test the next is broken off sooner: the test is ending. */
const nextStallSeconds = Math.min(1, stallSeconds);

const nowhere: StallPlace = { userClass: '', functionName: '', where: '' };

let lastTicks = -1;
let silentTicks = 0;
let patienceSeconds = stallSeconds;
let breakUnderWay: Stall | undefined;

setInterval(() => {
  const ticks = Atomics.load(cells, Cell.ticks);
  const isAlive = ticks !== lastTicks || Atomics.load(cells, Cell.isDebugged) === 1;
  lastTicks = ticks;
  silentTicks = isAlive ? 0 : silentTicks + 1;
  if (isAlive) {
    breakUnderWay?.close();
    breakUnderWay = undefined;
  } else if (breakUnderWay !== undefined) {
    if (breakUnderWay.ticksLeft-- === 0) breakUnderWay.giveUp();
  } else if (silentTicks * tickMillis >= patienceSeconds * 1000) {
    silentTicks = 0;
    breakUnderWay = new Stall(patienceSeconds);
    patienceSeconds = nextStallSeconds;
  }
}, tickMillis);

class Stall {
  readonly #session = new Session();

  /** By script id: the call frames' own `url` is not always filled. */
  readonly #urls = new Map<string, string>();
  #looks = 0;
  #message: string;
  /** Until nothing is hoped for any more. */
  ticksLeft = lookTicks;

  constructor(private readonly seconds: number) {
    this.#message = describeStall(seconds, nowhere);
    this.#session.connectToMainThread();
    this.#session.on('Debugger.scriptParsed', ({ params }) => {
      this.#urls.set(params.scriptId, params.url);
    });
    this.#session.on('Debugger.paused', ({ params }) => this.#paused(params.callFrames));
    this.#session.post('Debugger.enable');
    this.#session.post('Debugger.pause');
  }

  close(): void {
    this.#session.disconnect();
  }

  /** The task swallowed the termination, and V8 takes no second one. Nothing runs in the main thread any more. */
  giveUp(): void {
    this.#sayHopeless();
    process.kill(process.pid, 'SIGKILL');
  }

  /** Ends the process from inside, so that exit handlers run. */
  #exit(): void {
    this.#sayHopeless();
    this.#session.post('Runtime.evaluate', { expression: `process.exit(${hopelessCode})` });
    setTimeout(() => this.close(), exitMillis); // an exit waits until no debugger is connected
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), killMillis);
  }

  #sayHopeless(): void {
    writeSync(2, `${this.#message}: ${stallEnds.hopeless}\n`);
  }

  #paused(frames: Debugger.CallFrame[]): void {
    this.#looks++;
    const own = frames.filter(({ location }) => isUserCode(this.#urls.get(location.scriptId)));
    if (own.length === 0 && this.#looks < maxLooks) {
      this.#session.once('Debugger.resumed', () => this.#session.post('Debugger.pause'));
      this.#session.post('Debugger.resume');
      return;
    }
    this.#askWho(own, (userClass, frame) => {
      const functionName = frame?.functionName.replace(/^.*\./, '') ?? '';
      this.#askWhere(own[0], (where) => this.#break({ userClass, functionName, where }));
    });
  }

  /** Asks frame after frame, from the inside, whether its `this` is a user or belongs to one. */
  #askWho(
    frames: Debugger.CallFrame[],
    answer: (userClass: string, frame: Debugger.CallFrame | undefined) => void,
  ): void {
    const [frame, ...outer] = frames;
    if (frame === undefined) {
      answer('', undefined);
      return;
    }
    const next = () => {
      if (outer.length === 0) answer('', frame);
      else this.#askWho(outer, answer);
    };
    const { objectId } = frame.this;
    if (objectId === undefined) {
      next();
      return;
    }
    const functionDeclaration = `function () { return ${hooks}.userClassOf(this); }`;
    this.#session.post('Runtime.callFunctionOn', { objectId, functionDeclaration, silent: true }, (_error, reply) => {
      const found: unknown = reply?.result?.value;
      if (typeof found === 'string' && found !== '') answer(found, frame);
      else next();
    });
  }

  #break(place: StallPlace): void {
    this.#message = describeStall(this.seconds, place);
    const expression = `${hooks}.prepare(${JSON.stringify(`${this.#message}: ${stallEnds.brokenOff}`)})`;
    this.#session.post('Runtime.evaluate', { expression, silent: true }, (_error, reply) => {
      if (reply?.result?.value === true) {
        this.ticksLeft = breakTicks;
        this.#session.post('Runtime.terminateExecution');
        this.#session.post('Debugger.resume');
      } else {
        this.#exit();
      }
    });
  }

  /** The place in the user's own source: the main thread has the source maps. */
  #askWhere(frame: Debugger.CallFrame | undefined, answer: (where: string) => void): void {
    const script = frame && this.#urls.get(frame.location.scriptId);
    if (!frame || !script) {
      answer('');
      return;
    }
    const { lineNumber, columnNumber = 0 } = frame.location;
    const expression = `${hooks}.placeOf(${JSON.stringify(script)}, ${lineNumber}, ${columnNumber})`;
    this.#session.post('Runtime.evaluate', { expression, silent: true }, (_error, reply) => {
      const found: unknown = reply?.result?.value;
      answer(typeof found === 'string' ? found : '');
    });
  }
}

function isUserCode(url: string | undefined): boolean {
  if (!url?.startsWith('file:')) return false;
  return !url.startsWith(ownRoot) && !url.includes('/node_modules/');
}
