/**
 * The errors that tsload itself raises. A message is one sentence: what is wrong, where, the value found, what to do.
 * The codes are a catalogue: docs/errors.md lists every one, and a test holds the two together.
 */

export const errorCodes = {
  BAD_OPTION: 'An option, environment variable or configuration file has a value that cannot be used.',
  BAD_LOCUSTFILE: 'A locustfile is missing, does not build, throws while loading, or holds no user class.',
  BAD_USER_CLASS: 'A user class, task set, tag or transition is declared in a way that cannot run.',
  BAD_SHAPE: 'A load shape threw, or its tick returned something that is no load.',
  BAD_REQUEST: 'A request cannot be sent as it is written: an invalid URL, an unknown method, a wrong message field.',
  BAD_PROTO: 'A .proto file cannot be read or parsed, or a service, method or reflection answer is missing.',
  BAD_MESSAGE: 'A message between master and worker is malformed.',
  CONNECTION: 'A master and a worker cannot reach each other, or one refuses the other.',
  MISUSE: 'The API was used in a way that it does not allow.',
  SPAWN:
    'Workers cannot be started where they should run: no process, no ssh connection, or a host without a fitting Node.',
  JOURNAL: 'A journal cannot be gone on with: it is damaged, of another run, or of another version.',
  OUTPUT: 'An output file cannot be written.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Base of all errors of tsload. `code` is stable; `message` is for people and may change. */
export class TsloadError extends Error {
  override readonly name: string = 'TsloadError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** An option, from whichever source, cannot be used. The command line ends with code 2. */
export class OptionError extends TsloadError {
  override readonly name = 'OptionError';
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('BAD_OPTION', message, options);
  }
}

/** A locustfile cannot be loaded. The command line ends with code 1. */
export class LocustfileError extends TsloadError {
  override readonly name = 'LocustfileError';
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('BAD_LOCUSTFILE', message, options);
  }
}

/** A message of the other side cannot be believed. Its link is closed, and no other. */
export class LinkError extends TsloadError {
  override readonly name = 'LinkError';
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('BAD_MESSAGE', message, options);
  }
}

/** A master and a worker cannot reach each other, lost each other for too long, or one refuses the other. */
export class ConnectionError extends TsloadError {
  override readonly name = 'ConnectionError';
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CONNECTION', message, options);
  }
}
