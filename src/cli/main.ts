/**
 * The program. `--version` is answered here, before anything else is loaded.
 */
import { hideTokens } from './processTitle.js';
import { versionLine } from './version.js';

hideTokens();

const words = process.argv.slice(2);
const first = words[0];

if (words.length === 1 && (first === '--version' || first === '-V')) {
  process.stdout.write(`${versionLine()}\n`);
} else {
  const { runProgram } = await import('./program.js');
  await runProgram(words);
}
