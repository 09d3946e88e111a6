/**
 * What a Locust master says to its workers, read, and what a worker of ours answers that can be decided without a socket. Pure.
 */
import { LinkError } from '../../errors.js';
import { type Fields, optionalReal, optionalText, real, text, texts, whole } from '../fields.js';
import type { TestSettings, UserClassUpdate } from '../messages.js';
import { readClassCounts } from './readStats.js';
import { ownName } from './spawnOptions.js';
import { fieldsOf, fromWire } from './values.js';

const maxName = 2048;
const maxTags = 1000;
const maxSeconds = 1e9;
const maxUsers = 1e9;

export interface ForeignSpawn {
  /** Seconds since 1970, of the master's clock: only their order counts. */
  readonly timestamp: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Users of a worker that is missed are given to others. */
  readonly isRebalancing: boolean;
  readonly settings: TestSettings;
}

/** Throws `LinkError` for what is no spawn. */
export function readSpawn(data: unknown): ForeignSpawn {
  const fields = fieldsOf(data, 'spawn');
  const options = fieldsOf(fields['parsed_options'] ?? new Map(), 'parsed_options');
  return {
    timestamp: real(fields, 'timestamp', 0, Number.MAX_VALUE),
    counts: readClassCounts(fields['user_classes_count']),
    isRebalancing: options['enable_rebalancing'] === true,
    settings: {
      host: optionalText(fields, 'host', maxName),
      stopTimeoutSeconds: optionalReal(fields, 'stop_timeout', 0, maxSeconds) ?? 0,
      catchExceptions: true,
      warmupSeconds: 0,
      runSeconds: undefined,
      leaseSeconds: undefined,
      iterations: undefined,
      seed: undefined,
      tags: tagsIn(options, 'tags'),
      excludeTags: tagsIn(options, 'exclude_tags'),
      customOptions: customOptionsIn(options),
    },
  };
}

function tagsIn(options: Fields, key: string): string[] {
  return Array.isArray(options[key]) ? texts(options, key, maxTags, maxName) : [];
}

/** Locust sends all its options; those that are its own are no affair of a locustfile. */
function customOptionsIn(options: Fields): Record<string, unknown> {
  const custom = Object.entries(options).filter(([name]) => !locustOptions.has(name));
  return Object.fromEntries(custom.map(([name, value]) => [ownName(name), fromWire(value)]));
}

/** As Locust 2.47 names them in its messages. */
const locustOptions: ReadonlySet<string> = new Set(
  (
    'autoquit autostart build_path class_picker config config_users csv_prefix enable_rebalancing equal_weights exclude_tags ' +
    'exit_code_on_error expect_slaves expect_workers expect_workers_max_wait headful headless host html_file json json_file ' +
    'legacy_ui list_commands locustfile logfile loglevel master master_bind_host master_bind_port master_host master_port ' +
    'num_users only_summary otel print_stats processes profile reset_stats run_time show_task_ratio show_task_ratio_json ' +
    'skip_log_setup slave spawn_rate stats_history_enabled stop_timeout tags tls_cert tls_key user_classes users web_auth ' +
    'web_base_path web_host web_host_display_name web_login web_port worker'
  ).split(' '),
);

/** The index in an `ack`; masters before 2.11 send none. */
export function readIndex(data: unknown): number {
  if (!(data instanceof Map) || !data.has('index')) return 0;
  return whole(fieldsOf(data, 'ack'), 'index', 0, Number.MAX_SAFE_INTEGER);
}

export function readUserCount(data: unknown): number {
  return whole(fieldsOf(data, 'spawning_complete'), 'user_count', 0, maxUsers);
}

const updatable: ReadonlySet<string> = new Set(['user_class_name', 'host', 'weight', 'fixed_count', 'tasks']);

/** `others`: attributes that only Locust's classes have. */
export function readUpdate(data: unknown): { readonly update: UserClassUpdate; readonly others: readonly string[] } {
  const fields = fieldsOf(data, 'update_user_class');
  const [host, weight] = [optionalText(fields, 'host', maxName), optionalReal(fields, 'weight', 0, maxUsers)];
  const fixedCount = optionalReal(fields, 'fixed_count', 0, maxUsers);
  if (fixedCount !== undefined && !Number.isInteger(fixedCount))
    throw new LinkError('fixed_count must be a whole number');
  return {
    update: {
      userClass: text(fields, 'user_class_name', maxName),
      ...(host !== undefined && { host }),
      ...(weight !== undefined && { weight }),
      ...(fixedCount !== undefined && { fixedCount }),
      ...(Array.isArray(fields['tasks']) && { tasks: texts(fields, 'tasks', maxTags, maxName) }),
    },
    others: Object.keys(fields).filter((key) => !updatable.has(key)),
  };
}

/**
 * Types that a Locust master takes for messages of its own: with data that it does not expect, some of them end its loop, and it
 * hears no worker any more.
 */
export const masterTypes: ReadonlySet<string> = new Set(
  'client_ready client_stopped heartbeat stats spawning spawning_complete exception logs locustfile quit'.split(' '),
);
