import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isUrl } from '../../../src/locustfile/index.js';
import { resolveLocustfiles } from '../../../src/locustfile/resolve.js';
import { folder } from './folder.js';

async function resolved(cwd: string, ...specs: string[]): Promise<string[]> {
  const downloadDirectory = () => mkdtempSync(join(tmpdir(), 'tsload-test-'));
  return (await resolveLocustfiles(specs, { cwd, downloadDirectory })).map((path) => relative(cwd, path));
}

const some = { 'a.ts': '', 'b.js': '', 'c.mjs': '', 'd.cjs': '', 'e.mts': '', 'f.cts': '' };

describe('what -f means', () => {
  test('files, comma lists with blanks, and several -f, each file once, in order', async () => {
    const cwd = folder(some);
    expect(await resolved(cwd, 'b.js', 'a.ts , c.mjs', 'b.js', join(cwd, 'd.cjs'))).toEqual([
      'b.js',
      'a.ts',
      'c.mjs',
      'd.cjs',
    ]);
  });

  test.each(Object.keys(some).map((name) => name.slice(1)))(
    'without -f it is locustfile%s, if that is there',
    async (ext) => {
      const cwd = folder({ [`locustfile${ext}`]: '', 'other.ts': '' });
      expect(await resolved(cwd)).toEqual([`locustfile${ext}`]);
    },
  );

  test('without -f, locustfile.ts is chosen before others', async () => {
    expect(await resolved(folder({ 'locustfile.js': '', 'locustfile.ts': '' }))).toEqual(['locustfile.ts']);
  });

  test('[50] a directory is walked; files starting with _, declarations, other files and node_modules are left out', async () => {
    const cwd = folder({
      'tests/z.ts': '',
      'tests/a.js': '',
      'tests/_helper.ts': '',
      'tests/types.d.ts': '',
      'tests/README.md': '',
      'tests/deep/_inner/b.ts': '',
      'tests/node_modules/x/index.js': '',
    });
    symlinkSync(join(cwd, 'tests'), join(cwd, 'tests/deep/loop'));
    expect(await resolved(cwd, 'tests')).toEqual(['tests/a.js', 'tests/deep/_inner/b.ts', 'tests/z.ts']);
  });

  test('[55] a file named locust.ts, and one with dots in its name, are locustfiles like others', async () => {
    const cwd = folder({ 'locust.ts': '', 'my.load.test.ts': '' });
    expect(await resolved(cwd, 'locust.ts,my.load.test.ts')).toEqual(['locust.ts', 'my.load.test.ts']);
  });

  test.each([
    ['none.ts', /locustfile .*none.ts does not exist: check -f none.ts/],
    ['a.py', /a.py is Python, which tsload does not run: give one that ends in .ts; or, .* with --foreign-locustfile$/],
    ['a.rb', /a.rb has an unknown extension: a locustfile ends in .ts, /],
    ['a.ts,,b.js', /"a.ts,,b.js" has an empty element/],
    ['', /"" has an empty element/],
    ['empty', /directory .*empty holds no locustfile/],
    ['-', /-f - takes the locustfile from a master/],
    ['http://', /is a URL without a host/],
    ['http:///x.ts', /is a URL without a host/],
  ])('[50] -f %j is refused with the reason', async (spec, message) => {
    const cwd = folder({ ...some, 'a.py': '', 'a.rb': '', 'empty/_only.ts': '', 'empty/x.txt': '' });
    await expect(resolved(cwd, spec)).rejects.toThrow(message);
  });

  test('an empty folder is refused with what to do', async () => {
    await expect(resolved(folder())).rejects.toThrow(
      /no locustfile.ts .* name your locustfile with -f FILE, or .* tsload init/,
    );
  });
});

describe('a URL', () => {
  test.each([
    ['http://x', true],
    ['https://x/y.ts', true],
    ['HTTP://x', true],
    ['http://', false],
    ['http:///y.ts', false],
    ['ftp://x', false],
    ['x.ts', false],
    ['http', false],
  ])('[58] whether %s is a URL: %s', (text, expected) => {
    expect(isUrl(text)).toBe(expected);
  });

  async function serve(status: number, body: string) {
    const server = createServer((_, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    return { url, [Symbol.asyncDispose]: async () => void server.close() };
  }

  test('is downloaded under its last name, two of one name too', async () => {
    await using server = await serve(200, 'export {};');
    const cwd = folder();
    const files = await resolved(cwd, `${server.url}/a/shop.ts?v=1`, `${server.url}/b/shop.ts`, `${server.url}/plain`);
    expect(files.map((file) => file.split('/').at(-1))).toEqual(['shop.ts', 'shop.ts', 'plain.ts']);
    expect(new Set(files).size).toBe(3);
    expect(readFileSync(join(cwd, files[0] ?? ''), 'utf8')).toBe('export {};');
  });

  test('that answers with an error, or not at all, is refused with the reason', async () => {
    let url: string;
    {
      await using server = await serve(404, 'none');
      url = server.url;
      await expect(resolved(folder(), `${url}/x.ts`)).rejects.toThrow(
        /x.ts cannot be downloaded: the server answered 404 Not Found/,
      );
    }
    await expect(resolved(folder(), `${url}/x.ts`)).rejects.toThrow(/x.ts cannot be downloaded: connect ECONNREFUSED/);
  });
});
