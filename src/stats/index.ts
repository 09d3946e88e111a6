export { bounded, charactersOf, textLimits } from './boundedText.js';
export type { UserException } from './exceptionTable.js';
export { worse } from './generatorWatch.js';
export { highestMicrosOf, lowestMicrosOf, maxMicros, significantDigits, slotCount, slotOf } from './histogramLayout.js';
export { IntervalMerge } from './intervalMerge.js';
export { defaultMaxNames, IntervalRecorder, type IntervalRecorderOptions } from './intervalRecorder.js';
export {
  type EntryStats,
  type ErrorStats,
  type IntervalStats,
  type OutcomeStats,
  type SparseCounts,
  samplesOf,
  type WorkerInterval,
} from './intervalStats.js';
export { locustBucket, locustErrorKey, locustErrorTitle, locustMedian, locustPercentile } from './locustBorder.js';
export { percentileTitle, reportedQuantiles } from './percentile.js';
export { type IntervalListener, RunStatistics, type RunStatisticsOptions, type Tick } from './runStatistics.js';
export { type MergedSecond, SecondMerger } from './secondMerger.js';
export type {
  EntryName,
  EntrySnapshot,
  ExceptionSnapshot,
  GeneratorSnapshot,
  HistorySnapshot,
  RecentSnapshot,
  SecondSnapshot,
  StatisticsSnapshot,
  SumsSnapshot,
  WorkerSnapshot,
} from './snapshot.js';
