/**
 * Reports on their way to the master: numbered when they are sent for the first time, kept until the master says that they are
 * safe, and sent again to a master that was started anew.
 *
 * While the master cannot be heard, or is slow to acknowledge, reports wait here. The wait is bounded: see `keptReports.ts`.
 *
 * All workers take their intervals at the same moment. Of many each waits for its turn to send its own, so that the master has time
 * for heartbeats in between.
 */
import type { ReportMessage } from '../link/index.js';
import { condense, type KeptLimits, type KeptReport, requestsIn } from './keptReports.js';
import type { ReportPiece } from './reportPieces.js';

/** Reports that were sent and not acknowledged; with so many, further ones wait. */
const maxUnderWay = 120;

/** Twice what a master takes for a report with a hundred entries on a slow core (`npm run bench:cluster`); and the longest wait. */
const turnMillis = 0.5;
const longestTurnMillis = 500;

export interface OutboxOptions {
  /** May throw: then nothing of it was sent, and nothing will be. */
  send(message: ReportMessage): void;
  /** A report as it is sent: it, or several one after the other. */
  pieces(report: KeptReport): readonly ReportPiece[];
  /** `send` threw: what is in this report is lost. */
  unsendable(report: ReportPiece, thrown: unknown): void;
  readonly limits: KeptLimits;
  /** Of this worker among all; below 0 while it is not known. */
  index(): number;
}

/** Milliseconds after the whole second when it is the turn of the worker with that index. Pure. */
export function turnOf(index: number): number {
  return Math.floor((Math.max(0, index) * turnMillis) % longestTurnMillis);
}

export class ReportOutbox {
  #sequence = 0;
  /** Sent and not acknowledged; ascending. */
  #underWay: ReportMessage[] = [];
  #waiting: KeptReport[] = [];
  #isOpen = true;
  /** Runs until it is this worker's turn. */
  #turn: NodeJS.Timeout | undefined;
  /** Requests in reports that could not be sent. */
  #unsendable = 0;
  #whenSent: (() => void)[] = [];
  #whenSafe: (() => void)[] = [];

  constructor(private readonly options: OutboxOptions) {}

  /** The last number that was given. */
  get sequence(): number {
    return this.#sequence;
  }

  /** `isLast`: of its test, so it does not wait for its turn. */
  add(report: KeptReport, isLast: boolean): void {
    this.#waiting.push(report);
    const millis = isLast || !this.#isOpen ? 0 : turnOf(this.options.index());
    if (millis > 0) this.#turn ??= setTimeout(() => this.#flush(), millis);
    else this.#flush();
    if (this.#waiting.length > 0) this.#waiting = condense(this.#waiting, this.options.limits);
  }

  /** Something that follows from what was reported is about to be said: the report goes first, whoever's turn it is. */
  hurry(): void {
    if (this.#turn !== undefined) this.#flush();
  }

  /** The master cannot be heard: nothing is sent until `open`. */
  hold(): void {
    this.#isOpen = false;
    this.#endTurn();
  }

  /** `isNew`: it is another process than before, which may not have what was under way. */
  open(isNew: boolean): void {
    this.#isOpen = true;
    if (isNew) this.#underWay = this.#underWay.filter((report) => this.#send(report));
    this.#flush();
  }

  /** Everything up to that number is safe. */
  acknowledge(sequence: number): void {
    this.#underWay = this.#underWay.filter((report) => report.sequence > sequence);
    if (this.#turn === undefined) this.#flush();
    else this.#tellIfSafe();
  }

  /** Calls back when every report that was added before has been sent: at once, or later. */
  afterReports(tell: () => void): void {
    if (this.#waiting.length === 0) tell();
    else this.#whenSent.push(tell);
  }

  /** Resolves when every report is safe, or after so many seconds. */
  async settled(seconds: number): Promise<void> {
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#whenSafe.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Nothing will be acknowledged any more: whoever waits for it goes on. */
  giveUp(): void {
    this.hold();
    for (const tell of this.#whenSafe.splice(0)) tell();
  }

  /** Gives up what is not acknowledged. Returns how many requests were in it, and in what could not be sent. */
  drop(): number {
    const requests = requestsIn([...this.#underWay, ...this.#waiting]) + this.#unsendable;
    this.#unsendable = 0;
    this.#underWay = [];
    this.#waiting = [];
    this.#whenSent = [];
    return requests;
  }

  get #isEmpty(): boolean {
    return this.#underWay.length === 0 && this.#waiting.length === 0;
  }

  /** One that cannot be sent has no number: the master would miss it. */
  #sendNew(piece: ReportPiece): void {
    const report = { ...piece, sequence: this.#sequence + 1 };
    if (!this.#send(report)) return;
    this.#sequence++;
    this.#underWay.push(report);
  }

  #send(report: ReportMessage): boolean {
    try {
      this.options.send(report);
      return true;
    } catch (thrown) {
      this.#unsendable += requestsIn([report]);
      this.options.unsendable(report, thrown);
      return false;
    }
  }

  #endTurn(): void {
    clearTimeout(this.#turn);
    this.#turn = undefined;
  }

  #flush(): void {
    this.#endTurn();
    while (this.#isOpen && this.#underWay.length < maxUnderWay) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      for (const piece of this.options.pieces(next)) this.#sendNew(piece);
    }
    if (this.#waiting.length === 0) for (const tell of this.#whenSent.splice(0)) tell();
    this.#tellIfSafe(); // what could not be sent is never acknowledged
  }

  #tellIfSafe(): void {
    if (this.#isEmpty) for (const tell of this.#whenSafe.splice(0)) tell();
  }
}
