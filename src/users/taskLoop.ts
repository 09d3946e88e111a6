/**
 * The loop of tasks and waits, of a user (the root) or of one task set in it. One step after the other:
 *
 *   task ──returned, RescheduleTask, an exception that was reported──▶ wait ──▶ task
 *        ──RescheduleTaskImmediately──▶ turn ──▶ task          (a turn of the event loop: nothing that loops freezes the rest)
 *        ──InterruptTaskSet──▶ the set is left                 (in the root: as a reschedule)
 *        ──StopUser, StopTest, a stop from outside──▶ all sets are left, innermost first, then the user ends
 */
import { TsloadError } from '../errors.js';
import { isControl, isRecordedFailure, type TaskGate } from '../events/index.js';
import { InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, UserFailed } from './controlExceptions.js';
import { isTaskSetClass, type Task } from './task.js';
import type { TaskList } from './taskList.js';
import type { TaskSet } from './taskSet.js';
import type { UserLife } from './userLife.js';

/** Under this key users and task sets keep their loop. */
export const loopKey: unique symbol = Symbol('tsload task loop');

type Step = 'task' | 'wait' | 'turn' | 'pause';

/** Seconds of pause after a fault that would come again at once: no tasks, or a wait function that throws. */
const faultPauseSeconds = 1;

export class TaskLoop {
  /** Tasks that come before any other; made when it is needed. */
  #queue: Task[] | undefined = undefined;
  #lastPaceMicros: number;
  #lastPaceSeconds = 0;

  constructor(
    readonly life: UserLife,
    /** The loop around this one; undefined for the root. */
    readonly parent: TaskLoop | undefined,
    /** Whose loop it is; undefined for the root, which is the user's own. */
    readonly set: TaskSet | undefined,
    readonly list: TaskList,
    bornMicros: number,
  ) {
    this.#lastPaceMicros = bornMicros;
  }

  /** Runs until the set is left or the user ends: it returns only by throwing. */
  async run(): Promise<never> {
    let step: Step = 'task';
    for (;;) {
      try {
        await this.#take(step);
        step = step === 'task' ? 'wait' : 'task';
      } catch (thrown) {
        step = this.#stepAfter(thrown, step);
      }
    }
  }

  /** The whole stay in a task set, for the parent's loop: throws what the parent goes on with. */
  async runSet(set: TaskSet): Promise<never> {
    this.life.enter(this);
    try {
      await set.onStart();
    } catch (thrown) {
      this.life.leave(this);
      throw thrown instanceof InterruptTaskSet ? rescheduleOf(thrown) : thrown;
    }
    try {
      return await this.run();
    } catch (thrown) {
      if (this.life.hasLeft) throw thrown;
      this.life.leave(this);
      if (!(thrown instanceof InterruptTaskSet)) this.life.beginEnding();
      await this.life.runOnStop(set);
      throw thrown instanceof InterruptTaskSet ? rescheduleOf(thrown) : thrown;
    }
  }

  /** One task at random, each entry of the list with the same chance. */
  choose(): Task {
    const { tasks } = this.list;
    const chosen = tasks[Math.floor(this.life.random() * tasks.length)];
    if (chosen === undefined) throw this.list.noTasksError();
    return chosen;
  }

  execute(task: Task): unknown {
    const self = this.set ?? this.life.user;
    if (isTaskSetClass(task)) {
      const nested: TaskSet = Reflect.construct(task, [self]);
      return nested[loopKey].runSet(nested);
    }
    return Reflect.apply(task, self, [self]);
  }

  schedule(task: Task, first: boolean): void {
    this.#queue ??= [];
    if (first) this.#queue.unshift(task);
    else this.#queue.push(task);
  }

  /** Seconds to wait so that a task begins every `seconds`; run time is the time since the last call less its answer. */
  pace(nowMicros: number, seconds: number): number {
    const runSeconds = (nowMicros - this.#lastPaceMicros) / 1e6 - this.#lastPaceSeconds;
    this.#lastPaceMicros = nowMicros;
    this.#lastPaceSeconds = Math.max(0, seconds - runSeconds);
    return this.#lastPaceSeconds;
  }

  /** A number in [0, 1) from the user's own source. */
  random(): number {
    return this.life.random();
  }

  /** Hot: once per task and once per wait. */
  #take(step: Step): unknown {
    switch (step) {
      case 'task':
        return this.#runNext();
      case 'wait':
        return (this.set ?? this.life.user).wait();
      case 'turn':
        return this.life.pause(0);
      case 'pause':
        return this.life.pause(faultPauseSeconds);
    }
  }

  #runNext(): unknown {
    this.life.checkGoesOn();
    const { set, life } = this;
    const task = this.#queue?.shift() ?? (set === undefined ? this.choose() : set.getNextTask());
    if (typeof task !== 'function') throw notATask(set, task);
    life.task = task;
    const gate = life.taskGate;
    if (gate !== undefined && !isTaskSetClass(task)) return this.#runGated(task, gate);
    return set === undefined ? this.execute(task) : set.executeTask(task);
  }

  /** The same where tasks are counted, or may have to wait. */
  #runGated(task: Task, gate: TaskGate): unknown {
    const passing = this.life.passGate(gate);
    if (passing !== undefined) return passing.then(() => this.#runCounted(task, gate));
    return gate.isCounting ? this.#runCounted(task, gate) : this.#runTask(task);
  }

  #runCounted(task: Task, gate: TaskGate): unknown {
    let isOver = true;
    try {
      const running = this.#runTask(task);
      isOver = !isThenable(running);
      return isOver ? running : this.#countAfter(running, gate);
    } finally {
      if (isOver) this.life.leaveGate(gate);
    }
  }

  async #countAfter(running: unknown, gate: TaskGate): Promise<unknown> {
    try {
      return await running;
    } finally {
      this.life.leaveGate(gate);
    }
  }

  #runTask(task: Task): unknown {
    return this.set === undefined ? this.execute(task) : this.set.executeTask(task);
  }

  /** What follows a throw: the next step, or, thrown, the end of this loop. */
  #stepAfter(thrown: unknown, step: Step): Step {
    this.life.checkUnwinding(thrown);
    try {
      return this.#stepAfterControl(thrown) ?? this.#stepAfterFault(thrown, step);
    } catch (next) {
      if (next === thrown || !isControl(next)) throw next;
      const after = this.#stepAfterControl(next); // a listener of userError steered the user
      if (after === undefined) throw next;
      return after;
    }
  }

  #stepAfterControl(thrown: unknown): Step | undefined {
    if (!isControl(thrown)) return undefined;
    if (thrown instanceof RescheduleTaskImmediately) return 'turn';
    if (thrown instanceof RescheduleTask) return 'wait';
    if (thrown instanceof InterruptTaskSet && this.set === undefined) return thrown.reschedule ? 'turn' : 'wait';
    throw thrown;
  }

  #stepAfterFault(thrown: unknown, step: Step): Step {
    if (isRecordedFailure(thrown)) return 'wait';
    this.life.reportTaskException(thrown, this.set, step === 'task' ? undefined : 'the wait');
    if (!this.life.user.environment.catchExceptions) throw new UserFailed();
    return step === 'task' && !isDeclarationFault(thrown) ? 'wait' : 'pause';
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function rescheduleOf(interrupt: InterruptTaskSet): RescheduleTask | RescheduleTaskImmediately {
  return interrupt.reschedule ? new RescheduleTaskImmediately() : new RescheduleTask();
}

/** A fault of the class, not of the task: no tasks, no wait time. It will come again each time. */
function isDeclarationFault(thrown: unknown): boolean {
  return thrown instanceof TsloadError && thrown.code === 'BAD_USER_CLASS';
}

function notATask(set: TaskSet | undefined, found: unknown): TsloadError {
  const where = set === undefined ? 'a user' : set.constructor.name;
  return new TsloadError(
    'BAD_USER_CLASS',
    `the next task of ${where} is ${String(found)}: it must be a function or a task set class`,
  );
}
