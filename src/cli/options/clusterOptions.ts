/**
 * Options about running on several processes or machines: those of a master, of a worker, and what both trust each other by.
 */
import { OptionError } from '../../errors.js';
import { isToken, tokenRule } from '../../token.js';
import { flag, type OptionSpec, optional, repeated, withDefault } from './optionSpec.js';
import { choice, filename, host, text, timeSpan, whole } from './valueKinds.js';

const port = (least: 0 | 1) => ({ ...whole(least, 65_535, '<port>'), example: '5557' });
/** The bounds are looked at later: Locust has an exit code of its own for those beyond them. */
const processCount = {
  ...whole(-100_000, 100_000),
  expected: 'a whole number of workers, or -1 for one on each core,',
  example: '4',
};

const master = {
  master: flag({
    name: 'master',
    env: 'MODE_MASTER',
    group: 'Master options',
    help: 'Be the master of workers that join from other processes or machines. It has no users of its own.',
  }),
  masterBindHost: optional(host('--master-bind-port'), {
    name: 'master-bind-host',
    env: 'MASTER_BIND_HOST',
    group: 'Master options',
    help: 'Address at which the master listens for workers. Default: all of this machine (*); 127.0.0.1 for --processes without --master, and with --protocol locust.',
  }),
  masterBindPort: optional(port(0), {
    name: 'master-bind-port',
    env: 'MASTER_BIND_PORT',
    group: 'Master options',
    help: 'Port at which the master listens for workers; 0: any free one. Default: 5557; any free one for --processes without --master.',
  }),
  expectWorkers: optional(whole(1), {
    name: 'expect-workers',
    env: 'EXPECT_WORKERS',
    group: 'Master options',
    help: 'Workers for which the master waits before it starts the test. Default 1, or as many as --processes and --spawn start.',
  }),
  expectWorkersMaxWait: withDefault(timeSpan, 0, '0', {
    name: 'expect-workers-max-wait',
    env: 'EXPECT_WORKERS_MAX_WAIT',
    group: 'Master options',
    help: 'Give up, with code 1, when they have not come within this time. 0: wait for as long as it takes.',
  }),
  enableRebalancing: flag({
    name: 'enable-rebalancing',
    env: 'ENABLE_REBALANCING',
    isLocustEnv: false,
    group: 'Master options',
    help: 'Give the users of a missing worker to the others. Without it they come back with the worker, within its grace.',
  }),
  spawn: repeated(text('<where>'), {
    name: 'spawn',
    env: 'SPAWN',
    isLocustEnv: false,
    locust: null,
    group: 'Master options',
    help: 'Start workers there and end them with the test: ssh://user@host?workers=4 over ssh, local?workers=4 on this machine. May be given several times.',
  }),
  journal: optional(filename(), {
    name: 'journal',
    env: 'JOURNAL',
    isLocustEnv: false,
    locust: null,
    group: 'Master options',
    help: 'File in which the master keeps what --resume needs. Default: with --master and --csv PREFIX, PREFIX_journal.tsload; else none.',
  }),
  resume: optional(filename(), {
    name: 'resume',
    env: 'RESUME',
    isLocustEnv: false,
    locust: null,
    group: 'Master options',
    help: 'Go on with the run of this journal, whose master was lost: statistics, history and target, and its workers as they come back.',
  }),
  foreignLocustfile: optional(filename('<file.py>'), {
    name: 'foreign-locustfile',
    env: 'FOREIGN_LOCUSTFILE',
    isLocustEnv: false,
    locust: null,
    group: 'Master options',
    help: 'With --protocol locust: the Python locustfile that workers of Locust get when they ask for it (-f -). Without -f, --config-users names its classes.',
  }),
  wsBindPort: optional(port(0), {
    name: 'ws-bind-port',
    env: 'WS_BIND_PORT',
    isLocustEnv: false,
    locust: null,
    group: 'Master options',
    help: "With --protocol locust: port at which the master listens for workers of tsload, as --master-bind-port is Locust's then. Default: 5558.",
  }),
};

const worker = {
  worker: flag({
    name: 'worker',
    env: 'MODE_WORKER',
    group: 'Worker options',
    help: "Be a worker: run the users that a master gives it. Without -f (or with -f -) it runs its master's locustfile.",
  }),
  processes: optional(processCount, {
    name: 'processes',
    env: 'PROCESSES',
    group: 'Worker options',
    help: 'Run on this many processes: a master, and so many workers, on this machine; with --worker as many workers of its master. -1: one for each core.',
  }),
  masterHost: withDefault(host('--master-port'), '127.0.0.1', '127.0.0.1', {
    name: 'master-host',
    env: 'MASTER_NODE_HOST',
    group: 'Worker options',
    help: "The master's name or address.",
  }),
  masterPort: withDefault(port(1), 5557, '5557', {
    name: 'master-port',
    env: 'MASTER_NODE_PORT',
    group: 'Worker options',
    help: "The master's port.",
  }),
  masterGrace: withDefault(timeSpan, 60, '60', {
    name: 'master-grace',
    env: 'MASTER_GRACE',
    isLocustEnv: false,
    locust: null,
    group: 'Worker options',
    help: 'How long a worker that has lost its master goes on and tries to come back, before it ends.',
  }),
};

const ofSpawned = {
  supervised: flag({
    name: 'supervised',
    group: 'Worker options',
    help: 'For workers that tsload itself starts: they are handed their secrets, and end with whoever started them.',
    isHidden: true,
  }),
  connectWithin: withDefault(timeSpan, 300, '300', {
    name: 'connect-within',
    group: 'Worker options',
    locust: null,
    help: 'For workers that tsload itself starts: how long they try to reach their master.',
    isHidden: true,
  }),
};

/** A token is never repeated, not even where it is wrong. */
function secretText(): OptionSpec<string | undefined> {
  const spec = optional(text('<token>'), {
    name: 'token',
    group: 'Cluster options',
    locust: null,
    isSecret: true,
    help: 'What workers show to be let in. It is hidden in the process list; environment: TSLOAD_TOKEN. Default: the master makes one, and workers of the same user on the same machine find it.',
  });
  return {
    ...spec,
    read: (given, where) => {
      const token = given.at(-1) ?? '';
      if (isToken(token)) return token;
      throw new OptionError(`${where} must be ${tokenRule}`);
    },
  };
}

const trust = {
  token: secretText(),
  tokenFile: optional(filename('<filename>'), {
    name: 'token-file',
    env: 'TOKEN_FILE',
    isLocustEnv: false,
    locust: null,
    group: 'Cluster options',
    help: 'File whose first line is the token; - : standard input.',
  }),
  tlsCert: optional(filename('<file.pem>'), {
    name: 'tls-cert',
    env: 'TLS_CERT',
    group: 'Cluster options',
    help: 'Certificate that this process shows: a master with one takes encrypted connections only.',
  }),
  tlsKey: optional(filename('<file.pem>'), {
    name: 'tls-key',
    env: 'TLS_KEY',
    group: 'Cluster options',
    help: 'The private key of that certificate.',
  }),
  tlsCa: optional(filename('<file.pem|system>'), {
    name: 'tls-ca',
    env: 'TLS_CA',
    isLocustEnv: false,
    locust: null,
    group: 'Cluster options',
    help: 'Certificates to trust. Worker: connect encrypted, to a master whose certificate they have signed (system: those that Node trusts). Master: let in only workers with a certificate that they have signed.',
  }),
  protocol: withDefault(choice(['tsload', 'locust'], '<tsload|locust>'), 'tsload', 'tsload', {
    name: 'protocol',
    env: 'PROTOCOL',
    isLocustEnv: false,
    locust: null,
    group: 'Cluster options',
    help: 'locust: a master takes workers of Locust and boomer as well; a worker joins a master of Locust.',
  }),
};

export const clusterOptions = { ...master, ...worker, ...ofSpawned, ...trust };
