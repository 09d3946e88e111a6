/**
 * What the statistics warn of, once a test each: names beyond the cap, and a request that is too long for the histogram.
 */
import { getLogger } from '../log.js';
import { otherText } from './boundedText.js';
import type { EntryStats } from './intervalStats.js';

const log = getLogger('tsload.stats');

export class LimitWarnings {
  hasWarnedOfNames = false;
  hasWarnedOfOverlong = false;

  constructor(private readonly maxNames: number) {}

  /** `overflowing`: names beyond the cap. */
  names(overflowing: readonly string[]): void {
    if (this.hasWarnedOfNames || overflowing.length === 0) return;
    this.hasWarnedOfNames = true;
    log.warning(
      `more than ${this.maxNames} request names: further ones are counted as ${otherText}, for example ` +
        `${overflowing.join(', ')}; give requests that differ only in an id one name with the name ` +
        `argument, for example client.get(url, { name: '/items/[id]' }), or raise --max-names`,
    );
  }

  overlong(stats: EntryStats): void {
    const count = (stats.ok?.overlong ?? 0) + (stats.failed?.overlong ?? 0);
    if (count === 0 || this.hasWarnedOfOverlong) return;
    this.hasWarnedOfOverlong = true;
    log.warning(
      `${stats.requestType} ${stats.name} took longer than one hour: percentiles count such a request as one hour, ` +
        'average and maximum are exact',
    );
  }
}
