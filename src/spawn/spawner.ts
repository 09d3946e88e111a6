/**
 * What starts workers elsewhere: as child processes, over ssh, and in time as a Job of Kubernetes. Every body of `Spawner`
 * passes the suite in test/e2e/spawn/spawnerContract.ts.
 *
 * A spawned worker lives and dies with its spawner: when the spawner's process is gone, however that came about, so are its
 * workers, even those whose task never awaits. It is started once and never again.
 */

/** What the workers of one start have in common. */
export interface WorkerOrder {
  /** Where this machine reaches the master. A spawner that starts workers elsewhere sees to it that they reach it too. */
  readonly masterHost: string;
  readonly masterPort: number;
  /** Further words for the workers' command lines. Nothing secret: every user of a machine can read them. */
  readonly words: readonly string[];
  /** Name to text: the token, keys. Travel through a pipe that nobody else can read, never in words or variables. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** A worker's process, as data. */
export interface SpawnedWorker {
  /** From 0, among those of its spawner. */
  readonly index: number;
  /** 32 hex digits, never the same again: what it calls itself towards its master, after the name of its machine. */
  readonly identity: string;
  /** Stands before its lines: `worker 0`, or for a worker elsewhere its host, `loadgen 0`. */
  readonly name: string;
  /** Of its process, on the machine where it runs. Absent when there is no such thing. */
  readonly pid?: number;
  /** The machine, where it is not this one. */
  readonly host?: string;
}

/** How a worker's process ended. */
export interface ProcessEnd {
  /** Exit code; null when a signal ended it, or nobody knows. */
  readonly code: number | null;
  /** For example `SIGKILL`. */
  readonly signal: string | null;
  /** Why nobody knows: the connection to its host was lost. */
  readonly problem?: string;
}

export interface SpawnListener {
  /** A line of its output or its error output, without its end: bounded, and with no control characters but tab and escape. */
  line(worker: SpawnedWorker, text: string): void;
  /** Once for each worker, after its last line. */
  ended(worker: SpawnedWorker, end: ProcessEnd): void;
}

export interface Spawner {
  /**
   * Starts all its workers and tells who they are, once their processes run; they then connect to the master. Once only.
   * Throws `SpawnError`, and then nothing is left running.
   */
  start(order: WorkerOrder): Promise<readonly SpawnedWorker[]>;
  /** Who hears of lines and ends. To be called once, before `start`. */
  listen(listener: SpawnListener): void;
  /**
   * Asks the workers that still run to end in good order, as SIGTERM does, and kills those that still run `graceSeconds` later.
   * Resolves when every process and file is gone and every end was told; the time that takes is bounded. May be called again,
   * and before or while `start` runs: the shortest grace counts. Default 5 seconds.
   */
  stop(graceSeconds?: number): Promise<void>;
}

export const defaultGraceSeconds = 5;

/** `ended with exit code 1`, `was killed by SIGKILL`. Follows the worker's name. */
export function describeEnd({ code, signal, problem }: ProcessEnd): string {
  if (problem !== undefined) return problem;
  if (signal === null) return `ended with exit code ${code ?? 'unknown'}`;
  const hint = signal === 'SIGKILL' ? ', by hand or because the machine ran out of memory' : '';
  return `was ended by ${signal}${hint}`;
}
