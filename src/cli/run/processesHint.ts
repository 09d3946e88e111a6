/**
 * Says once that this process is at the limit of its core while others of the machine have nothing to do.
 */
import { cpus } from 'node:os';
import type { Events } from '../../events/index.js';
import { getLogger } from '../../log.js';

const log = getLogger('tsload.main');

/** Percent of one core from which on a process counts as at its limit. A process that is alone does not get all of it. */
const limitPercent = 90;
/** Of a core: what the system itself and small programs take of one that counts as idle. */
const smallShare = 0.2;

/** Milliseconds that all cores together were idle, and that they had, since the machine was started. */
export interface CoreTimes {
  readonly cores: number;
  readonly idleMillis: number;
  readonly allMillis: number;
}

/** The sentence, or undefined when there is nothing to say. Pure. `cpuUsage`: percent of one core, of this process. */
export function processesHint(cpuUsage: number, before: CoreTimes, now: CoreTimes): string | undefined {
  const passed = now.allMillis - before.allMillis;
  if (cpuUsage <= limitPercent || passed <= 0) return undefined;
  const idle = Math.floor(((now.idleMillis - before.idleMillis) / passed) * now.cores + smallShare);
  if (idle < 1) return undefined;
  const others = idle === 1 ? 'another core is' : `${idle} others are`;
  return `This process is at the limit of its core, and ${others} idle: --processes -1 runs the test on all ${now.cores} cores`;
}

/** Looks at each sample of the usage monitor, until there was something to say. */
export function hintAtProcesses(events: Events, readTimes = coreTimes): void {
  let before = readTimes();
  const look = ({ cpuUsage }: { readonly cpuUsage: number }): void => {
    const now = readTimes();
    const hint = processesHint(cpuUsage, before, now);
    before = now;
    if (hint === undefined) return;
    events.usageMonitor.removeListener(look);
    log.warning(hint);
  };
  events.usageMonitor.addListener(look);
}

function coreTimes(): CoreTimes {
  const times = cpus().map((core) => core.times);
  const idleMillis = times.reduce((sum, { idle }) => sum + idle, 0);
  const allMillis = times.reduce((sum, { idle, user, nice, sys, irq }) => sum + idle + user + nice + sys + irq, 0);
  return { cores: times.length, idleMillis, allMillis };
}
