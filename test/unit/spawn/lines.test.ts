import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { PrefixedLines } from '../../../src/spawn/index.js';
import { LineSplitter } from '../../../src/spawn/lineSplitter.js';
import fc from '../../properties.js';

function linesOf(chunks: readonly (string | Uint8Array)[], maxCharacters?: number): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), maxCharacters);
  for (const chunk of chunks) splitter.take(Buffer.from(chunk));
  splitter.end();
  return lines;
}

test('lines are the same however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat(200)), (texts, cuts) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
      expect(linesOf(chunks)).toEqual(linesOf([bytes]));
    }),
  );
});

test('a line keeps its text, tabs and colours, and loses its ends and what would move the cursor', () => {
  expect(linesOf(['one\r\n\ttwo \u001b[31mred\u001b[0m\n', 'a\u0007b\u0000c\rd\n', 'last'])).toEqual([
    'one',
    '\ttwo \u001b[31mred\u001b[0m',
    'a\ufffdb\ufffdc\ufffdd',
    'last',
  ]);
});

test('an empty line is a line, and nothing at the end is none', () => {
  expect(linesOf(['\n\na\n'])).toEqual(['', '', 'a']);
  expect(linesOf([])).toEqual([]);
});

test('a line that is too long is cut, and never more than that is held', () => {
  expect(linesOf(['abc', 'defg', 'hij\nnext\n'], 5)).toEqual(['abcde … and 5 more characters', 'next']);
});

test('any bytes give lines without control characters', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
      for (const line of linesOf(chunks)) expect(line).not.toMatch(/[\u0000-\u0008\u000a-\u001a\u001c-\u001f\u007f]/);
    }),
  );
});

test('each line stands behind the name of its worker', () => {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      written.push(String(chunk));
      done();
    },
  });
  const lines = new PrefixedLines(stream);
  lines.write({ index: 0, identity: '', name: 'worker 0' }, 'hello');
  lines.write({ index: 1, identity: '', name: 'loadgen 1' }, '');
  expect(written).toEqual(['[worker 0] hello\n', '[loadgen 1] \n']);
});

/** Takes the first line, and the others when it is told to. */
function aSlowStream() {
  const written: string[] = [];
  let takeOne = (): void => {};
  const stream = new Writable({
    write: (chunk, _, done) => {
      written.push(String(chunk));
      takeOne = done;
    },
  });
  const takeAll = (): void => {
    while (stream.writableLength > 0) takeOne();
  };
  return { written, stream, takeAll };
}

test('a stream that takes nothing holds no more than its bound, and says later how many lines it missed', () => {
  const { written, stream, takeAll } = aSlowStream();
  const lines = new PrefixedLines(stream, 1000);
  for (let line = 0; line < 10_000; line++) lines.write({ index: 0, identity: '', name: 'worker 0' }, `line ${line}`);
  expect(stream.writableLength).toBeLessThan(1100);
  const kept = Math.ceil(stream.writableLength / '[worker 0] line 00\n'.length);
  takeAll();
  lines.write({ index: 0, identity: '', name: 'worker 0' }, 'after');
  const taken = written.join('').match(/line \d+/g)?.length ?? 0;
  expect(Math.abs(taken - kept)).toBeLessThan(10);
  expect(written.at(-1)).toBe(
    `[…] ${10_000 - taken} lines of workers were dropped: they came too fast\n[worker 0] after\n`,
  );
});

test('lines that were missed at the end are counted all the same', () => {
  const { written, stream, takeAll } = aSlowStream();
  {
    using lines = new PrefixedLines(stream, 100);
    for (let line = 0; line < 50; line++) lines.write({ index: 0, identity: '', name: 'worker 0' }, 'x'.repeat(50));
  }
  takeAll();
  const note = written.pop();
  expect(written.length).toBeGreaterThan(0);
  expect(written.length).toBeLessThan(10);
  expect(note).toBe(`[…] ${50 - written.length} lines of workers were dropped: they came too fast\n`);
});
