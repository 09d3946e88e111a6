/**
 * Why a master would refuse an entry or an error of a report: the same bounds as `unpackEntries.ts` and `readInterval.ts` have, looked
 * at before it is sent. Pure. What histograms are made of is not looked at: user code has no hand in it.
 */
import { type EntryStats, type ErrorStats, type OutcomeStats, slotCount } from '../stats/index.js';
import { maxCount, maxEpoch, maxSamples, maxText } from './bounds.js';

/** Undefined: nothing. */
export function entryFault({ requestType, name, lastRequestTimestamp, ok, failed }: EntryStats): string | undefined {
  return (
    textFault('requestType', requestType) ??
    textFault('name', name) ??
    realFault('lastRequestTimestamp', lastRequestTimestamp, maxEpoch) ??
    (ok && outcomeFault(ok)) ??
    (failed && outcomeFault(failed))
  );
}

export function errorFault(error: ErrorStats): string | undefined {
  const { requestType, name, occurrences, firstSeen, lastSeen, samples } = error;
  if (samples.length > maxSamples) return `an error has ${samples.length} samples and not up to ${maxSamples}`;
  return (
    textFault('requestType', requestType) ??
    textFault('name', name) ??
    textFault('error', error.error) ??
    wholeFault('occurrences', occurrences) ??
    realFault('firstSeen', firstSeen, maxEpoch) ??
    realFault('lastSeen', lastSeen, maxEpoch)
  );
}

function outcomeFault(outcome: OutcomeStats): string | undefined {
  const { timed, untimed, overlong = 0, totalMicros, minMicros, maxMicros, bytes, histogram } = outcome;
  if (histogram.slots.length > slotCount)
    return `a histogram has ${histogram.slots.length} slots: there are ${slotCount}`;
  return (
    wholeFault('timed', timed) ??
    wholeFault('untimed', untimed) ??
    wholeFault('overlong', overlong) ??
    realFault('totalMicros', totalMicros, Number.MAX_VALUE) ??
    wholeFault('minMicros', minMicros) ??
    wholeFault('maxMicros', maxMicros) ??
    realFault('bytes', bytes, Number.MAX_VALUE)
  );
}

function textFault(what: string, { length }: string): string | undefined {
  return length <= maxText ? undefined : `its ${what} has ${length} characters and not up to ${maxText}`;
}

function wholeFault(what: string, value: number): string | undefined {
  if (Number.isSafeInteger(value) && value >= 0) return undefined;
  return `its ${what} is ${value} and no whole number from 0 to ${maxCount}`;
}

function realFault(what: string, value: number, max: number): string | undefined {
  return value >= 0 && value <= max ? undefined : `its ${what} is ${value} and no number from 0 to ${max}`;
}
