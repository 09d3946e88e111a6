/**
 * The words that workers are started with: those of this process, less what only concerns this process. Pure.
 */
import { type AnySpec, normaliseArguments } from '../options/arguments.js';
import { clusterOptions } from '../options/clusterOptions.js';
import type { CustomSpec } from '../options/customArguments.js';
import { optionTable } from '../options/optionTable.js';

/** Results are the master's; lines go through the stream of whoever started the worker. */
const ownAffairs: readonly AnySpec[] = [
  optionTable.csvPrefix,
  optionTable.statsHistoryEnabled,
  optionTable.json,
  optionTable.jsonFile,
  optionTable.hdrLog,
  optionTable.logfile,
  optionTable.headless,
  optionTable.headful,
];

/** Files of this machine; on another one the master says what is in them. */
const ownFiles: readonly AnySpec[] = [optionTable.config, optionTable.configUsers];

/** A supervisor's workers trust whom it trusts. */
const trustFiles: readonly AnySpec[] = [clusterOptions.tlsCert, clusterOptions.tlsKey, clusterOptions.tlsCa];

/** A supervisor's workers join whom it was told to join, speak that one's protocol, and wait for it as long. */
const ofOthers: readonly AnySpec[] = [...trustFiles, clusterOptions.protocol, clusterOptions.masterGrace];

const clusterSpecs: readonly AnySpec[] = Object.values(clusterOptions);

export interface ChildPlace {
  /** Workers of this process's own master, or, of a supervisor, of somebody else's. */
  readonly master: 'own' | 'other';
  /** They see the files of this machine. */
  readonly isLocal: boolean;
  /** They take the master's locustfile; else they load it themselves. Always so elsewhere. */
  readonly takesLocustfile: boolean;
}

/**
 * Nothing secret is among them: every user of a machine can read the words of a process. `custom`: as far as they are known; what
 * is not known is left as it is.
 */
export function childWords(words: readonly string[], custom: readonly CustomSpec[], place: ChildPlace): string[] {
  const specs: readonly AnySpec[] = [...Object.values(optionTable), ...custom];
  const takesLocustfile = place.takesLocustfile || !place.isLocal;
  const dropped = new Set(
    [
      ...clusterSpecs.filter((spec) => place.master === 'own' || !ofOthers.includes(spec)),
      ...ownAffairs,
      ...(place.isLocal ? [] : ownFiles),
      ...(takesLocustfile ? [optionTable.locustfile] : []),
      ...custom.filter(({ isSecret }) => isSecret),
    ].map((spec) => spec.name),
  );
  const normal = normaliseArguments(words, specs, 'unknown too');
  const end = normal.indexOf('--');
  const options = end < 0 ? normal : normal.slice(0, end);
  const rest = end < 0 ? [] : normal.slice(end);
  const mine = options.filter((word) => !dropped.has(/^--([^=]+)=/.exec(word)?.[1] ?? ''));
  return [...(takesLocustfile ? ['--locustfile=-'] : []), ...mine, ...rest];
}
