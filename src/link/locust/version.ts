/**
 * What a master makes of the version in `client_ready`. Pure.
 */
import { LinkError } from '../../errors.js';

export interface VersionJudgement {
  readonly isAccepted: boolean;
  /** What to say of it, and how loud; absent: nothing. */
  readonly level?: 'debug' | 'warning' | 'error';
  readonly text?: string;
}

/** Letters of a version that must agree: `2.46`. */
const seriesLength = 4;

/**
 * -1 asks for no check, as boomer does. Without a version the worker is of Locust 1, whose messages are others. Throws `LinkError` for
 * what is no version.
 */
export function judgeVersion(version: unknown, own: string, worker: string): VersionJudgement {
  if (version === -1 || version === own) return { isAccepted: true };
  if (version === undefined || version === null || version === '' || version === 0 || version === false) {
    const text = `${worker} is a worker of Locust 1, which cannot take part: install Locust 2.11 or later there`;
    return { isAccepted: false, level: 'error', text };
  }
  if (typeof version !== 'string') throw new LinkError('the version of a worker must be a text or -1');
  const isSameSeries = version.slice(0, seriesLength) === own.slice(0, seriesLength);
  const shown = version.slice(0, 40);
  return isSameSeries
    ? { isAccepted: true, level: 'debug', text: `${worker} has Locust ${shown}; this master follows ${own}` }
    : {
        isAccepted: true,
        level: 'warning',
        text: `${worker} has Locust ${shown}, and this master follows ${own}: it takes part, but watch its numbers`,
      };
}
