/**
 * Which command is meant, and what becomes of an error: one sentence on standard error and an exit code. No stack trace, unless
 * the error is none of tsload's own: then it is a bug, and the stack is what helps.
 */
import { TsloadError } from '../errors.js';
import { describeThrown } from '../log.js';
import { Exit, exitCodeFor } from './exit.js';

/** Runs the command and ends the process with its code. */
export async function runProgram(words: readonly string[]): Promise<void> {
  // a reader that goes away (`tsload … | head`) is no fault, and its report would go the same way
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  let exitCode: number;
  try {
    exitCode = await commandFor(words);
  } catch (thrown) {
    if (!(thrown instanceof Exit)) process.stderr.write(`tsload: error: ${messageOf(thrown)}\n`);
    exitCode = exitCodeFor(thrown);
  }
  await flushed(process.stdout);
  await flushed(process.stderr);
  process.exit(exitCode);
}

async function commandFor(words: readonly string[]): Promise<number> {
  if (words[0] === 'init') return (await import('./commands/init.js')).init(words.slice(1));
  if (words[0] === 'proto') return (await import('./commands/protoTypes.js')).proto(words.slice(1));
  return (await import('./run/run.js')).run(words);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof TsloadError ? thrown.message : describeThrown(thrown);
}

/** Waits until everything written so far has left this process. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
