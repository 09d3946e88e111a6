/**
 * The words that workers are started with: those of this process, less what only concerns this process. Pure.
 */
import { type AnySpec, normaliseArguments } from '../options/arguments.js';
import { clusterOptions } from '../options/clusterOptions.js';
import type { CustomSpec } from '../options/customArguments.js';
import { optionTable, type Settings } from '../options/optionTable.js';

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

/** They concern this process; workers have theirs from `LocalSpawner` and `memberWords`, and nowhere else. */
const clusterSpecs: readonly AnySpec[] = Object.values(clusterOptions);

export interface ChildPlace {
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
      ...clusterSpecs,
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

/**
 * How a supervisor's workers join the master of somebody else: they trust whom it trusts, speak the same protocol and wait as long,
 * wherever it has that from.
 */
export function memberWords(
  settings: Pick<Settings, 'tlsCert' | 'tlsKey' | 'tlsCa' | 'protocol' | 'masterGrace'>,
): string[] {
  const files = (['tlsCert', 'tlsKey', 'tlsCa'] as const).flatMap((key) => {
    const file = settings[key];
    return file === undefined ? [] : [wordOf(clusterOptions[key], file)];
  });
  const { protocol, masterGrace } = settings;
  return [...files, wordOf(clusterOptions.protocol, protocol), wordOf(clusterOptions.masterGrace, masterGrace)];
}

function wordOf({ name }: AnySpec, value: string | number): string {
  return `--${name}=${value}`;
}
