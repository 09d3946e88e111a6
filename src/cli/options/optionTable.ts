/**
 * Every option of the command line, in the order of `--help`. The key is the name in `environment.parsedOptions`: Locust's
 * `dest` in camelCase. docs/options.md is made from this table, and a test holds the two together.
 */
import type { Outcome } from '../../events/index.js';
import type { LogLevel } from '../../log.js';
import { clusterOptions } from './clusterOptions.js';
import { laterOptions, removedOptions } from './laterOptions.js';
import { flag, many, type OptionSpec, optional, repeated, withDefault } from './optionSpec.js';
import {
  choice,
  filename,
  fraction,
  iterations,
  logLevel,
  positiveNumber,
  text,
  timeSpan,
  whole,
} from './valueKinds.js';

const common = {
  help: flag({
    name: 'help',
    alias: 'h',
    group: 'Common options',
    help: 'Show this help, custom options of the locustfile included, and end.',
  }),
  locustfile: repeated(text('<filename>'), {
    name: 'locustfile',
    alias: 'f',
    env: 'LOCUSTFILE',
    group: 'Common options',
    help: 'The locustfile: a file, several separated by commas (or several -f), a directory, a URL, or - for that of the master. Default: locustfile.ts, or .mts, .cts, .js, .mjs, .cjs.',
  }),
  config: optional(filename(), {
    name: 'config',
    group: 'Common options',
    help: 'A configuration file; it ranks above the others. Syntax of tsload.conf, or TOML with the section tool.tsload or tool.locust.',
  }),
  host: optional(text('<base url>'), {
    name: 'host',
    alias: 'H',
    env: 'HOST',
    group: 'Common options',
    help: 'Base URL of the system under test, for example https://shop.example. Overrides the host of every user class.',
  }),
  numUsers: optional(whole(0), {
    name: 'users',
    alias: 'u',
    env: 'USERS',
    group: 'Common options',
    help: 'Peak number of users. Default 1; a shape decides by itself.',
  }),
  spawnRate: optional(positiveNumber, {
    name: 'spawn-rate',
    alias: 'r',
    env: 'SPAWN_RATE',
    group: 'Common options',
    help: 'Users started each second. Default 1.',
  }),
  runTime: optional(timeSpan, {
    name: 'run-time',
    alias: 't',
    env: 'RUN_TIME',
    group: 'Common options',
    help: 'End after this time, counted from the start of the ramp. Default, and 0: run until stopped.',
  }),
  list: flag({ name: 'list', alias: 'l', group: 'Common options', help: 'List the user classes and end.' }),
  configUsers: many(text('<json|file.json>'), {
    name: 'config-users',
    env: 'CONFIG_USERS',
    group: 'Common options',
    help: 'Set statics of user classes: JSON like {"user_class_name": "Shopper", "weight": 3, "tasks": ["browse"]}, an array of such, or a .json file.',
  }),
  headless: flag({
    name: 'headless',
    env: 'HEADLESS',
    group: 'Web UI options',
    help: 'Start at once, without a web page, and end with the run. As there is no page yet, every run does so.',
  }),
  headful: flag({
    name: 'headful',
    env: 'HEADFUL',
    group: 'Web UI options',
    help: 'Undo a headless that a configuration file or variable has set.',
    isHidden: true,
  }),
};

const tags = {
  tags: many(text('<tag>'), {
    name: 'tags',
    alias: 'T',
    env: 'TAGS',
    group: 'Tag options',
    help: 'Run only tasks with at least one of these tags.',
  }),
  excludeTags: many(text('<tag>'), {
    name: 'exclude-tags',
    alias: 'E',
    env: 'EXCLUDE_TAGS',
    group: 'Tag options',
    help: 'Do not run tasks with any of these tags. Stronger than --tags.',
  }),
};

const statistics = {
  csvPrefix: optional(filename('<prefix>'), {
    name: 'csv',
    env: 'CSV',
    group: 'Request statistics options',
    help: 'Write PREFIX_stats.csv, PREFIX_stats_history.csv, PREFIX_failures.csv, PREFIX_exceptions.csv and PREFIX_generator.csv. Directories are made.',
  }),
  statsHistoryEnabled: flag({
    name: 'csv-full-history',
    env: 'CSV_FULL_HISTORY',
    group: 'Request statistics options',
    help: 'With --csv: a line of history for each entry, not only for the aggregate.',
  }),
  printStats: flag({
    name: 'print-stats',
    env: 'PRINT_STATS',
    group: 'Request statistics options',
    help: 'Print the table of statistics every two seconds, even where that is not the default.',
  }),
  onlySummary: flag({
    name: 'only-summary',
    env: 'ONLY_SUMMARY',
    group: 'Request statistics options',
    help: 'Print the tables at the end only. Stronger than --print-stats.',
  }),
  resetStats: flag({
    name: 'reset-stats',
    env: 'RESET_STATS',
    group: 'Request statistics options',
    help: 'Set the statistics to zero when all users have been started.',
  }),
  warmup: optional(timeSpan, {
    name: 'warmup',
    env: 'WARMUP',
    isLocustEnv: false,
    locust: null,
    group: 'Request statistics options',
    help: 'Leave requests of the first time span out of all totals.',
  }),
  json: flag({
    name: 'json',
    env: 'JSON',
    isLocustEnv: false,
    group: 'Request statistics options',
    help: 'Print the final statistics as JSON on standard output.',
  }),
  jsonFile: optional(filename('<base name>'), {
    name: 'json-file',
    env: 'JSON_FILE',
    isLocustEnv: false,
    group: 'Request statistics options',
    help: 'Write the final statistics as JSON to BASE NAME.json, instead of the final tables.',
  }),
  outcome: withDefault(choice<Outcome>(['all', 'ok', 'failed'], '<all|ok|failed>'), 'all', 'all', {
    name: 'outcome',
    env: 'OUTCOME',
    isLocustEnv: false,
    locust: null,
    group: 'Request statistics options',
    help: 'Which requests tables and CSV files are about: all, as in Locust, only successes (ok), or only failures (failed).',
  }),
  percentilesToChart: many(fraction, {
    name: 'percentiles-to-chart',
    env: 'PERCENTILES_TO_CHART',
    isLocustEnv: false,
    locust: 'stats.PERCENTILES_TO_CHART',
    group: 'Request statistics options',
    help: 'Percentiles kept in the history, as fractions between 0 and 1, at most six. Default: 0.5 0.95.',
  }),
  hdrLog: optional(filename(), {
    name: 'hdr-log',
    env: 'HDR_LOG',
    isLocustEnv: false,
    locust: null,
    group: 'Request statistics options',
    help: 'Write interval histograms of all response times in the HdrHistogram log format.',
  }),
  maxNames: withDefault(whole(1, 1_000_000), 10_000, '10000', {
    name: 'max-names',
    env: 'MAX_NAMES',
    isLocustEnv: false,
    locust: null,
    group: 'Request statistics options',
    help: 'Most request names that get an entry of their own; all further ones are counted as (other).',
  }),
};

const logging = {
  skipLogSetup: flag({
    name: 'skip-log-setup',
    env: 'SKIP_LOG_SETUP',
    group: 'Logging options',
    help: 'Set up no logging: no tables, and of the log lines only warnings and errors, bare.',
  }),
  loglevel: withDefault<LogLevel>(logLevel, 'INFO', 'INFO', {
    name: 'loglevel',
    alias: 'L',
    env: 'LOGLEVEL',
    group: 'Logging options',
    help: 'Log lines of this level and above: DEBUG, INFO, WARNING, ERROR, CRITICAL.',
  }),
  logfile: optional(filename(), {
    name: 'logfile',
    env: 'LOGFILE',
    group: 'Logging options',
    help: 'Write log lines to this file instead of standard error. Tables stay on standard error.',
  }),
};

const other = {
  showTaskRatio: flag({
    name: 'show-task-ratio',
    group: 'Other options',
    help: 'Print the share of each task and end.',
  }),
  showTaskRatioJson: flag({ name: 'show-task-ratio-json', group: 'Other options', help: 'The same as JSON.' }),
  version: flag({ name: 'version', alias: 'V', group: 'Other options', help: 'Print the version and end.' }),
  exitCodeOnError: withDefault(whole(0, 255), 1, '1', {
    name: 'exit-code-on-error',
    env: 'EXIT_CODE_ON_ERROR',
    group: 'Other options',
    help: 'Exit code when a request failed or a task threw.',
  }),
  stopTimeout: withDefault(timeSpan, 0, '0', {
    name: 'stop-timeout',
    alias: 's',
    env: 'STOP_TIMEOUT',
    group: 'Other options',
    help: 'Time that running tasks get to finish when users are stopped.',
  }),
  equalWeights: flag({
    name: 'equal-weights',
    env: 'EQUAL_WEIGHTS',
    isLocustEnv: false,
    group: 'Other options',
    help: 'Give all user classes the same weight, and all tasks of a class the same chance.',
  }),
  iterations: optional(iterations, {
    name: 'iterations',
    env: 'ITERATIONS',
    isLocustEnv: false,
    locust: null,
    group: 'Other options',
    help: 'End when this many tasks have run: N in all, or N/user for each user.',
  }),
  seed: optional(whole(0), {
    name: 'seed',
    env: 'SEED',
    isLocustEnv: false,
    locust: null,
    group: 'Other options',
    help: 'Makes the choice of tasks and the wait times of each user the same in every run.',
  }),
  profile: optional(text('<profile>'), {
    name: 'profile',
    env: 'PROFILE',
    isLocustEnv: false,
    group: 'Other options',
    help: 'A label for this run, kept with its results.',
  }),
};

export const optionTable = {
  ...common,
  ...clusterOptions,
  ...tags,
  ...statistics,
  ...logging,
  ...other,
  ...laterOptions,
  ...removedOptions,
};

export type Settings = {
  readonly [Key in keyof typeof optionTable]: (typeof optionTable)[Key] extends OptionSpec<infer Value> ? Value : never;
};

/** All options, each with its key in `Settings`. */
export const optionList: readonly (readonly [key: string, spec: OptionSpec<unknown>])[] = Object.entries(optionTable);
