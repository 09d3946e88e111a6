/**
 * Texts that come from the target or from a locustfile, made small enough to be kept for the whole run. A piece cut from a
 * string keeps the whole string alive in V8, a response of megabytes with it: what is kept is copied.
 */
import type { FailureSample } from '../events/index.js';
import { withoutAddresses } from './locustBorder.js';

/** What stands for all names, error texts and tracebacks beyond their cap. */
export const otherText = '(other)';

export const textLimits = {
  /** Characters of an error's text; the rest is cut off before it is grouped. */
  error: 1000,
  /** Characters of a request name, and of a request type. */
  name: 1000,
  traceback: 10_000,
  /** Characters of a failure sample's head of the body, and of any other line of it. */
  body: 1000,
  line: 500,
  /** Headers of a failure sample. */
  headers: 50,
} as const;

/** The text, or its first characters and an ellipsis. May keep the whole text alive. */
export function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}

/** The same in memory of its own, to be kept. */
export function bounded(text: string, maxLength: number): string {
  return Buffer.from(cut(text, maxLength)).toString();
}

/** The text under which an error is counted. May keep the whole text alive. */
export function groupedError(text: string): string {
  return cut(withoutAddresses(cut(text, textLimits.error)), textLimits.error);
}

export function boundedSample(sample: FailureSample): FailureSample {
  return {
    request: bounded(sample.request, textLimits.line),
    requestHeaders: boundedHeaders(sample.requestHeaders),
    ...(sample.response !== undefined && { response: bounded(sample.response, textLimits.line) }),
    ...(sample.responseHeaders !== undefined && { responseHeaders: boundedHeaders(sample.responseHeaders) }),
    ...(sample.bodyHead !== undefined && { bodyHead: bounded(sample.bodyHead, textLimits.body) }),
  };
}

/** All texts of a sample together. */
export function charactersOf(sample: FailureSample): number {
  const { request, requestHeaders, response = '', responseHeaders = {}, bodyHead = '' } = sample;
  const headers = [...Object.entries(requestHeaders), ...Object.entries(responseHeaders)].flat();
  return [request, response, bodyHead, ...headers].reduce((sum, { length }) => sum + length, 0);
}

function boundedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).slice(0, textLimits.headers);
  return Object.fromEntries(
    kept.map(([name, value]) => [bounded(name, textLimits.line), bounded(value, textLimits.line)]),
  );
}
