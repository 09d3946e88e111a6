/** The status codes of gRPC by name, and the part of a status's details that is the same each time. */

export const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type StatusName = (typeof statusNames)[number];

export const OK = 0;
export const CANCELLED = 1;
export const UNKNOWN = 2;
export const INTERNAL = 13;
export const UNIMPLEMENTED = 12;

/** Codes that gRPC does not know are UNKNOWN, as its specification asks. */
export function statusName(code: number): StatusName {
  return statusNames[code] ?? 'UNKNOWN';
}

/** What grpc-js writes into details and what differs from call to call, with what stands in its place. */
const volatile: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^Deadline exceeded after [\s\S]*?(?:,(waiting for [a-z ]+|Waiting for LB pick).*)?$/i, 'Deadline exceeded, $1'],
  [/ - Local \([^)]*\)/g, ''],
  [/\bReceived message larger than max \(\d+ vs\.? (\d+)\)/g, 'Received message larger than max ($1)'],
  [/\b[0-9A-F]{8,16}:error:/g, 'error:'],
  [/\b0x[0-9a-f]{6,16}\b/gi, '0x…'],
  [/\.? ?Resolution note: *$/, ''],
];

/** Errors of the operating system that say that the load generator itself is at its limit. */
const generatorLimit = /\b(EMFILE|ENFILE|EADDRNOTAVAIL|ENOBUFS|ENOMEM)\b/;

/** Details without times, sizes, local ports and addresses in memory, so that equal failures are one line of statistics. */
export function stableDetails(details: string): string {
  let text = details.trim();
  for (const [pattern, replacement] of volatile) text = text.replace(pattern, replacement);
  text = text.replace(/[, ]+$/, '');
  if (generatorLimit.test(text)) return `limit of the load generator: ${text}`;
  return text === '' ? 'no details' : text;
}
