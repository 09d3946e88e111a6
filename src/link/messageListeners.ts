/**
 * Who listens to which messages of a locustfile, on one node.
 */
import { TsloadError } from '../errors.js';
import type { CustomMessage, Environment, MessageListener } from '../events/index.js';
import { describeThrown, getLogger } from '../log.js';

/** Types that are warned of. */
const maxUnheard = 100;

const log = getLogger('tsload.runners');

export class MessageListeners {
  readonly #byType = new Map<string, MessageListener>();
  /** Types without a listener that were warned of. */
  readonly #unheard = new Set<string>();

  /** One listener for each type. Throws `TsloadError` MISUSE for a second one. */
  register(type: string, listener: MessageListener): void {
    if (this.#byType.has(type)) {
      throw new TsloadError(
        'MISUSE',
        `there is a listener for messages of type ${type} already: register each type once`,
      );
    }
    this.#byType.set(type, listener);
  }

  /** Calls the listener of that type. What it throws is logged; a type without one is warned of, once. */
  deliver(message: CustomMessage, environment: Environment): void {
    const listener = this.#byType.get(message.type);
    if (listener === undefined) {
      this.#warnOnce(message);
      return;
    }
    const failed = (thrown: unknown) => {
      log.error(`the listener for messages of type ${message.type} failed: ${describeThrown(thrown)}`);
      environment.events.listenerFailed();
    };
    try {
      const result = listener(message, environment);
      if (result instanceof Promise) result.catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  /** A peer may send thousands a second. */
  #warnOnce({ type, nodeId }: CustomMessage): void {
    if (this.#unheard.has(type) || this.#unheard.size >= maxUnheard) return;
    this.#unheard.add(type);
    log.warning(`a message of type ${type} came from ${nodeId}, and no listener is registered for it`);
  }
}
