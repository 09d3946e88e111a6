/** What a `catchResponse` block's end means for the sample. */
import { ResponseError } from '../userErrors.js';
import type { Outcome } from './outcome.js';

/**
 * Runs the block and takes the sample. Without a verdict, a `ResponseError` thrown in the block is the failure and goes no
 * further; anything else thrown drops the sample and goes on. With a verdict the sample is taken, and what was thrown goes on.
 */
export async function judge<Response>(
  outcome: Outcome,
  response: Response,
  block: (response: Response) => unknown,
): Promise<void> {
  outcome.beginBlock();
  try {
    await block(response);
  } catch (thrown) {
    if (!outcome.hasVerdict && !(thrown instanceof ResponseError)) {
      outcome.drop();
      throw thrown;
    }
    if (outcome.hasVerdict) {
      outcome.conclude();
      throw thrown;
    }
    outcome.fail(thrown);
  }
  outcome.conclude();
}
