/**
 * Waits for a fact instead of sleeping: `await until(() => runner.userCount === 10)`.
 *
 * The condition is asked again every few milliseconds until what it gives is truthy, and that value is returned. A condition
 * that throws is a condition that does not hold yet; on time-out the last value or error seen stands in the message.
 */
import { inspect } from 'node:util';

export interface UntilOptions {
  /** Milliseconds. Default 30,000: far more than any test should need, so that a busy machine fails no test. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks. Default 5. */
  readonly intervalMs?: number;
  /** What is waited for, in words, for the message; as a function it is asked at the end. Default: the text of the condition. */
  readonly what?: string | (() => string);
}

export async function until<T>(condition: () => T | Promise<T>, options: UntilOptions = {}): Promise<T> {
  const { timeoutMs = 30_000, intervalMs = 5 } = options;
  const start = performance.now();
  for (;;) {
    const seen = await look(condition);
    if (seen.holds) return seen.value;
    if (performance.now() - start >= timeoutMs) {
      const what = options.what ?? condition.toString();
      throw new Error(
        `waited ${timeoutMs} ms for: ${typeof what === 'function' ? what() : what}\nlast seen: ${seen.description}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

type Look<T> = { readonly holds: true; readonly value: T } | { readonly holds: false; readonly description: string };

async function look<T>(condition: () => T | Promise<T>): Promise<Look<T>> {
  try {
    const value = await condition();
    return value ? { holds: true, value } : { holds: false, description: inspect(value) };
  } catch (thrown) {
    return { holds: false, description: `an error, ${inspect(thrown)}` };
  }
}
