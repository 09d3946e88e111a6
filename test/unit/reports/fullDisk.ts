/**
 * Run by files.test.ts as a process of its own that may write only small files, until it lifts that limit itself.
 * Prints what became of a growing and of a replaced file.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppendedFile } from '../../../src/reports/appendedFile.js';
import { ReplacedFile } from '../../../src/reports/replacedFile.js';

const folder = process.argv[2] ?? '.';
const row = `${'x'.repeat(299)}\n`;
const grownPath = join(folder, 'grown');
const grown = await AppendedFile.open(grownPath, 'head\n');
const replaced = await ReplacedFile.open(join(folder, 'replaced'));
await replaced.write('small');

grown.append(row);
await grown.flush();
for (let i = 0; i < 9; i++) {
  grown.append(row);
  await grown.flush();
}
await replaced.write(row.repeat(10));
const whileFull = readFileSync(grownPath, 'utf8');
const found = {
  failedWhileFull: grown.failed,
  replacedFailed: replaced.failed,
  replaced: readFileSync(join(folder, 'replaced'), 'utf8'),
  isWholeRows: whileFull === `head\n${row.repeat((whileFull.length - 5) / row.length)}`,
  rowsWhileFull: (whileFull.length - 5) / row.length,
};
execFileSync('prlimit', ['--fsize=unlimited', '--pid', String(process.pid)]);
await grown.close();
const isComplete = readFileSync(grownPath, 'utf8') === `head\n${row.repeat(10)}`;
console.log(JSON.stringify({ ...found, isComplete, failedAtEnd: grown.failed ?? null }));
