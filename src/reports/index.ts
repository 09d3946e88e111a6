export {
  caveats,
  errorReport,
  exceptionReport,
  finalReport,
  nameWidth,
  percentileTable,
  requestTable,
  saturationNote,
  type TableOptions,
} from './console.js';
export { type CsvOptions, CsvReport } from './csv.js';
export type { Moment } from './csvRows.js';
export { HdrLog, type HdrLogOptions } from './hdrLog.js';
export { JsonReport, statisticsJson } from './json.js';
export { outcomes, withOutcome } from './outcome.js';
export { PerSecond, type PerSecondOptions } from './perSecond.js';
export { canShowProgress, type Progress, ProgressLine, progressText, type TerminalStream } from './progress.js';
export { type Paint, paintFor, type Terminal } from './text.js';
