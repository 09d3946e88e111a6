/**
 * The event `init`: the environment and its runner are there, and no test has begun.
 */
import type { Environment, TestRunner } from '../../environment/index.js';
import { OptionError } from '../../errors.js';
import { isControl } from '../../events/index.js';
import { getLogger } from '../../log.js';
import { hostProblem } from '../../users/index.js';
import { Exit, exitCodes } from '../exit.js';

const log = getLogger('tsload.main');

/** Throws `Exit` when a listener failed, or awaits something that never comes. */
export async function initialise(environment: Environment, runner: TestRunner): Promise<void> {
  process.once('beforeExit', endStuckInit);
  const isWell = await environment.events.init.fireAndWait({ environment, runner, webUi: undefined }).catch(refused);
  process.off('beforeExit', endStuckInit);
  if (isWell) return;
  log.error('A listener of init failed: the test is not started');
  throw new Exit(exitCodes.failed);
}

/** A control exception: before a test there is nothing to steer. */
function refused(thrown: unknown): false {
  if (!isControl(thrown)) throw thrown;
  log.error(`A listener of init threw ${thrown.name}${thrown.message === '' ? '' : `: ${thrown.message}`}`);
  return false;
}

/** The event loop is empty, and nobody could say why the process ends. */
function endStuckInit(): void {
  log.error('A listener of init awaits something that never comes: the test is not started');
  process.exit(exitCodes.failed);
}

/** After `init`, whose listeners may set hosts. That there is none, the users themselves say. */
export function checkHosts({ userClasses, host }: Environment): void {
  for (const userClass of userClasses) {
    const problem = hostProblem(userClass, host || userClass.host);
    if (problem !== undefined) throw new OptionError(problem);
  }
}
