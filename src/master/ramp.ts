/**
 * Takes the steps of a dispatch at their times. Thin: the dispatcher decides what a step is.
 *
 * The time of step n is the ramp's start plus n pauses, whatever came late before it, so a ramp does not drift. A step is
 * handed over `leadSeconds` before its time, so that it has reached every worker by then.
 */
import { epochSeconds } from '../clock.js';
import { type Dispatcher, pauseSeconds, type Step } from './dispatcher.js';

export interface RampListener {
  /**
   * `startTime`: seconds since 1970. `spacingSeconds`: from one start to the next. `isFirst`: every worker shall look at its
   * users, whether anything changes for it or not.
   */
  step(step: Step, startTime: number, spacingSeconds: number, isFirst: boolean, isLast: boolean): void;
}

const noStep: Step = { starts: [], stops: [], isRebalance: false };

export class Ramp {
  /** Seconds since 1970 at which the last user of the last step is due. */
  endTime: number;
  #timer: NodeJS.Timeout | undefined;
  #taken = 0;
  #isCancelled = false;
  readonly #startTime: number;
  readonly #pauseSeconds: number;
  readonly #spacingSeconds: number;

  constructor(
    private readonly dispatcher: Dispatcher,
    spawnRate: number,
    private readonly leadSeconds: number,
    private readonly listener: RampListener,
  ) {
    this.#startTime = epochSeconds() + leadSeconds;
    this.endTime = this.#startTime;
    this.#pauseSeconds = pauseSeconds(spawnRate);
    this.#spacingSeconds = 1 / spawnRate;
  }

  /** Takes the first step; the others follow by themselves. */
  begin(): void {
    this.#take();
  }

  /** Workers came or went: takes the step that moves users now; the ramp then goes on by its plan. */
  rebalance(): void {
    clearTimeout(this.#timer);
    this.#take();
  }

  /** Also from within a step. */
  cancel(): void {
    this.#isCancelled = true;
    clearTimeout(this.#timer);
  }

  #take(): void {
    const isFirst = this.#taken === 0;
    const step = this.dispatcher.nextStep() ?? noStep;
    const isLast = !this.dispatcher.isInProgress;
    const planned = this.#startTime + this.#taken * this.#pauseSeconds;
    const time = step.isRebalance ? epochSeconds() + this.leadSeconds : planned;
    this.endTime = time + Math.max(0, step.starts.length - 1) * this.#spacingSeconds;
    if (!step.isRebalance) this.#taken++;
    this.listener.step(step, time, step.isRebalance ? 0 : this.#spacingSeconds, isFirst, isLast);
    if (!isLast && !this.#isCancelled) this.#sleep();
  }

  #sleep(): void {
    const time = this.#startTime + this.#taken * this.#pauseSeconds - this.leadSeconds;
    const millis = Math.max(0, (time - epochSeconds()) * 1000);
    const whole = Math.min(millis, 2 ** 31 - 1);
    this.#timer = setTimeout(() => (millis > whole ? this.#sleep() : this.#take()), whole);
  }
}
