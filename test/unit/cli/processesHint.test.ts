import { expect, test } from 'vitest';
import { hintAtProcesses, processesHint } from '../../../src/cli/run/processesHint.js';
import { Environment } from '../../../src/environment/index.js';
import { captureLog } from '../../capturedLog.js';

const before = { cores: 4, idleMillis: 0, allMillis: 0 };
const after = (idleCores: number) => ({ cores: 4, idleMillis: idleCores * 10_000, allMillis: 40_000 });

test.each([
  [99, 2.7, /at the limit of its core, and 2 others are idle: --processes -1 .* all 4 cores$/],
  [91, 0.85, /another core is idle/],
])('a process at %s %% with %s idle cores is told of --processes', (cpuUsage, idle, hint) => {
  expect(processesHint(cpuUsage, before, after(idle))).toMatch(hint);
});

test.each([
  [99, 0.7],
  [90, 3],
  [50, 3],
])('a process at %s %% with %s idle cores is told nothing', (cpuUsage, idle) => {
  expect(processesHint(cpuUsage, before, after(idle))).toBeUndefined();
});

test('it says so once, and listens no more', () => {
  using log = captureLog();
  const environment = new Environment();
  const { events } = environment;
  let seconds = 0;
  hintAtProcesses(events, () => {
    seconds += 10;
    return { cores: 4, idleMillis: seconds * 2000, allMillis: seconds * 4000 };
  });
  const sample = (cpuUsage: number) => events.usageMonitor.fire({ environment, cpuUsage, memoryUsage: 0 });
  sample(50);
  expect(log.at('WARNING')).toEqual([]);
  for (let times = 0; times < 3; times++) sample(99);
  expect(log.at('WARNING')).toEqual([expect.stringMatching(/--processes -1/)]);
  expect(events.usageMonitor.isListened).toBe(false);
});
