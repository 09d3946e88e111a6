/**
 * What the locustfile has to say to the workers: changes of user classes, which those that join later hear of too, and messages.
 */
import type { RunSetup, UserClassUpdate } from '../link/index.js';
import { getLogger } from '../log.js';
import type { Journal } from './journal.js';
import type { Workers } from './workers.js';

const log = getLogger('tsload.runners');

export class Announcements {
  constructor(
    /** What every worker hears first. */
    public setup: RunSetup,
    private readonly workers: Workers,
    private readonly journal: Journal | undefined,
  ) {
    journal?.setup(setup);
  }

  updateUserClass(update: UserClassUpdate): void {
    const { userClass, ...values } = update;
    this.setup = { ...this.setup, userConfigs: [...this.setup.userConfigs, { userClass, values }] };
    this.journal?.setup(this.setup);
    this.workers.send({ kind: 'updateUserClass', update });
  }

  sendMessage(type: string, data: unknown, clientId?: string): void {
    const message = { kind: 'custom', type, data, nodeId: 'master' } as const;
    if (clientId === undefined) this.workers.send(message);
    else if (this.workers.get(clientId) !== undefined) this.workers.get(clientId)?.link.send(message);
    else log.warning(`a message of type ${type} cannot be sent to ${clientId}: there is no such worker`);
  }
}
