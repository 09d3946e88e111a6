/**
 * How long users may run without a word of the master. Pure: the clock and what the link knows are given.
 *
 *   lease      with rebalancing: seconds after the latest heartbeat that was answered at which the users stop, because the
 *              master gives them to others then. Checked before each task too: a process that was frozen runs none more.
 *   run time   a worker that cannot hear its master ends the test when its time is over
 *   grace      a worker that has been without its master for so long gives up
 *
 * A master that was started anew and has not let the worker in yet is connected, and not heard: there is no end to that wait but the
 * connection's, and users go on no longer for it.
 */

export type Expiry = 'lease' | 'runTime' | 'grace';

export interface TestTimes {
  /** `undefined`: users are not moved. */
  readonly leaseSeconds: number | undefined;
  /** Seconds since 1970 at which the test is over; infinite without a run time. */
  readonly runEnd: number;
}

export interface Contact {
  /** Milliseconds of `performance.now()`, as the next two. */
  readonly now: number;
  /** When the latest heartbeat that was answered was sent. */
  readonly provenAt: number;
  /** When the connection was lost; undefined: it is there. */
  readonly interruptedAt: number | undefined;
  /** The connection is there, and the master knows this worker. */
  readonly isHeard: boolean;
  /** Seconds since 1970, of the master's clock. */
  readonly epoch: number;
}

/** Seconds beyond the run time in which the stop of a master that can be heard would have come. */
export const runTimeSlackSeconds = 2;

/** What has come to its end, what ends less first. */
export function expired(contact: Contact, graceSeconds: number, test: TestTimes | undefined): Expiry[] {
  const { now, provenAt, interruptedAt, isHeard, epoch } = contact;
  const over: Expiry[] = [];
  if (test?.leaseSeconds !== undefined && now > provenAt + test.leaseSeconds * 1000) over.push('lease');
  if (isHeard) return over;
  if (test !== undefined && epoch > test.runEnd + runTimeSlackSeconds) over.push('runTime');
  if (interruptedAt !== undefined && now - interruptedAt > graceSeconds * 1000) over.push('grace');
  return over;
}
