/**
 * Run by journalProcess.test.ts as a process of its own that may write only small files: gives a journal a new file that is larger, and
 * says what became of both.
 */
import { existsSync, readFileSync } from 'node:fs';
import { JournalFile } from '../../../src/master/journal/journalFile.js';

const [path = ''] = process.argv.slice(2);
const causes: string[] = [];
const file = await JournalFile.create(path, Buffer.alloc(10_000, 'o'), {
  onFailure: (cause) => causes.push(String(cause)),
});
const replaced = file.replace(Array.from({ length: 20 }, () => Buffer.alloc(5000, 'n')));
await file.append(Buffer.from('a'));
const isInPlace = await replaced;
await file.append(Buffer.from('b'));
await file.close();
const end = readFileSync(path, 'latin1').slice(-4);
console.log(JSON.stringify({ isInPlace, end, causes, isLeft: existsSync(`${path}.new`) }));
