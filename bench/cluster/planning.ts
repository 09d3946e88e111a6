/** Processor time that a ramp takes on the master: deciding who runs what, and the spawn messages, made and encoded. */
import { masterCodec } from '../../src/link/webSocket/messageCodec.js';
import { Dispatcher } from '../../src/master/index.js';
import { spawnMessages, type ToldCounts } from '../../src/master/spawnMessages.js';
import type { Measurement } from '../measurement.js';
import { middle } from '../rounds.js';

const users = 1_000_000;
const workerCount = 10_000;
const rounds = 3;
const classes = [
  { name: 'Shopper', weight: 3, fixedCount: 0 },
  { name: 'Reader', weight: 1, fixedCount: 0 },
  { name: 'Admin', weight: 1, fixedCount: 10 },
];

export function measurePlanning(): Promise<readonly Measurement[]> {
  return Promise.resolve([100_000, 10_000].flatMap(atRate));
}

function atRate(spawnRate: number): readonly Measurement[] {
  const costs = Array.from({ length: rounds }, () => ramp(spawnRate));
  const rate = `${spawnRate.toLocaleString('en')} users a second`;
  return [
    {
      what: `planned, ${rate}`,
      ...middle(costs.map(({ planning }) => planning)),
      unit: 's of one core',
      target: { is: 'at most', value: 2 },
    },
    { what: `messages encoded, ${rate}`, ...middle(costs.map(({ encoding }) => encoding)), unit: 's of one core' },
  ];
}

/** As `RampControl` does it: step by step, and nothing of a step is kept but what the workers were told. */
function ramp(spawnRate: number): { readonly planning: number; readonly encoding: number } {
  const workers = Array.from({ length: workerCount }, (_, i) => `host${i % 500}_${i.toString(16).padStart(32, '0')}`);
  const told: ToldCounts = new Map();
  let dispatcher: Dispatcher | undefined;
  let [planning, encoding, isDone] = [0, 0, false];
  for (let step = 1; !isDone; step++) {
    const [planned, messages] = cpuSecondsOf(() => {
      if (dispatcher === undefined) {
        dispatcher = new Dispatcher(workers, classes);
        dispatcher.newDispatch(users, spawnRate);
      }
      const next = dispatcher.nextStep();
      isDone = !dispatcher.isInProgress;
      const times = { test: 1, step, startTime: 1e9, spacingSeconds: 1 / spawnRate, isLast: isDone };
      return next === undefined ? [] : [...spawnMessages(next, times, told, step === 1 ? workers : []).values()];
    });
    planning += planned;
    encoding += cpuSecondsOf(() =>
      messages.reduce((bytes, message) => bytes + masterCodec.encode(message).length, 0),
    )[0];
  }
  return { planning, encoding };
}

/** Processor time is what counts on a machine that others use as well. */
function cpuSecondsOf<T>(work: () => T): readonly [number, T] {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1e6, result];
}
