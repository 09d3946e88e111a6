/**
 * The wait of a master for its workers, before a test begins. Contract §1.13 of the wire.
 */
import type { MasterRunner } from '../../environment/index.js';
import { getLogger } from '../../log.js';
import type { OwnWorkers } from '../cluster/ownWorkers.js';
import type { Settings } from '../options/optionTable.js';

const log = getLogger('tsload.runners');

const lookMillis = 200;
/** So often it is said that nothing has changed. */
const repeatMillis = 10_000;
const maxNamed = 5;

/**
 * Resolves with false when it gives up: the time is over, a worker that this process started ended before it had come, or so many
 * can never come. `takesOthers`: workers that somebody else starts may join.
 */
export async function awaitWorkers(
  runner: Pick<MasterRunner, 'untilWorkers' | 'readyWorkerCount' | 'workers'>,
  own: Pick<OwnWorkers, 'count' | 'failed' | 'calm' | 'absentFrom'>,
  { expectWorkers, expectWorkersMaxWait }: Pick<Settings, 'expectWorkers' | 'expectWorkersMaxWait'>,
  takesOthers: boolean,
): Promise<boolean> {
  const expected = expectWorkers ?? Math.max(1, own.count);
  if (!takesOthers && expected > own.count) {
    log.error(
      `--expect-workers is ${expected}, but only ${own.count} are started, and nobody else can join: expect fewer, or add --master`,
    );
    return false;
  }
  const absent = (): readonly string[] => own.absentFrom(runner.workers.map(({ id }) => id));
  const stopTelling = tellProgress(runner, expected, absent);
  const failed = own.failed.then(() => 'failed' as const);
  const came = await Promise.race([runner.untilWorkers(expected, expectWorkersMaxWait), failed]);
  stopTelling();
  if (came === true) return true;
  if (came === 'failed') await own.calm();
  const ready = `${runner.readyWorkerCount} of ${expected} workers came`;
  if (came === 'failed') log.error(`A worker ended before the test began: the test is not started (${ready})`);
  else log.error(`Gave up waiting for workers: ${ready} within ${expectWorkersMaxWait} seconds`);
  return false;
}

/** A line at the beginning, with each that comes, and now and then, with those that should have come. */
function tellProgress(
  runner: Pick<MasterRunner, 'readyWorkerCount'>,
  expected: number,
  absent: () => readonly string[],
): () => void {
  let told = -1;
  let toldAt = 0;
  const look = (): void => {
    const ready = runner.readyWorkerCount;
    const isNews = ready !== told;
    if (ready >= expected || (!isNews && performance.now() - toldAt < repeatMillis)) return;
    told = ready;
    toldAt = performance.now();
    log.info(`Waiting for workers: ${ready} of ${expected} are ready${isNews ? '' : absentText(absent())}`);
  };
  look();
  const timer = setInterval(look, lookMillis);
  return () => clearInterval(timer);
}

/** Of workers that were started and have not come. */
function absentText(names: readonly string[]): string {
  if (names.length === 0) return '';
  const rest = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : '';
  return ` (started, and not come yet: ${names.slice(0, maxNamed).join(', ')}${rest})`;
}
