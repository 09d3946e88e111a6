/**
 * Every ```ts block of README.md and docs/ compiles under strict.
 *
 * All of them are one project and one run of the compiler. A block stands as it is printed; what a page leaves to its reader is
 * added before it: the import of names that tsload exports, a user around lines that speak of `this`, and the names in `given`.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { starterFiles } from '../../../src/cli/commands/starter.js';
import { writeProtoTypes } from '../../../src/locustfile/index.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** What blocks speak of and no page declares, as the text around them describes it. */
const given: Readonly<Record<string, string>> = {
  Cart: 'interface Cart { readonly total: number }',
  exchange: 'declare function exchange(text: string): Promise<Buffer>;',
  id: 'declare const id: number;',
  prepareAccounts: 'declare function prepareAccounts(host: string | undefined): Promise<void>;',
  sign: 'declare function sign(path: string): string;',
};

/** The service of fragments in docs/grpc.md. */
const bookProto = `syntax = "proto3";
package shop;
message Book { int32 id = 1; string title = 2; }
message Query { int32 id = 1; string symbol = 2; }
message Price { double value = 1; }
service Shop {
  rpc GetBook (Query) returns (Book);
  rpc WatchPrices (Query) returns (stream Price);
}
`;

interface Block {
  /** Page and line, for the report: `docs/http.md:6`. */
  readonly where: string;
  readonly page: string;
  readonly text: string;
}

function blocksOf(page: string): readonly Block[] {
  const markdown = readFileSync(join(repository, page), 'utf8');
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ index, 1: text = '' }) => {
    return { where: `${page}:${markdown.slice(0, index).split('\n').length + 1}`, page, text };
  });
}

const declares = (text: string, name: string) =>
  new RegExp(`(import[^;]*|(class|const|let|function|interface|type) )\\b${name}\\b`).test(text);
const needs = (text: string, name: string) =>
  new RegExp(`(?<![.\\w'/])${name}\\b(?!')`).test(text) && !declares(text, name);

/** What tsload exports, types marked. */
function exportedNames(): readonly string[] {
  const source = readFileSync(join(repository, 'src/index.ts'), 'utf8');
  return [...source.matchAll(/^export (type )?\{(.*?)\}/gms)].flatMap(([, allTypes = '', list = '']) =>
    list.split(',').flatMap((item) => {
      const [, type = '', name] = /^\s*(type )?(?:\w+ as )?(\w+)\s*$/.exec(item) ?? [];
      return name === undefined ? [] : [`${allTypes || type}${name}`];
    }),
  );
}

/** Lines that speak of `this` outside of a class stand in a task. */
function inUser({ page, text }: Block): string {
  if (/\bclass\b/.test(text) || !/\bthis\./.test(text)) return text;
  const base = page.endsWith('grpc.md') ? 'GrpcUser<typeof Shop>' : 'HttpUser';
  return `class Reader extends ${base} {\n  async read() {\n${text}  }\n}\nexport { Reader };\n`;
}

/** The block as a module, its lines where they are on the page. */
function moduleOf(block: Block, names: readonly string[]): string {
  const text = inUser(block);
  const imported = names.filter((name) => needs(text, name.replace('type ', '')));
  const head = [
    `import { ${imported.join(', ')} } from 'tsload';`,
    text.includes('typeof Shop>') ? `import type { Shop } from '../proto/shop.proto';` : '',
    ...Object.entries(given).map(([name, declaration]) => (needs(text, name) ? declaration : '')),
  ];
  return `${head.join(' ')}\n${text}\nexport {};\n`;
}

/** The folder of a reader: tests/ with the blocks, proto/ beside it, and the tsconfig.json of `tsload init`. */
function project(blocks: readonly Block[]): string {
  mkdirSync(join(repository, '.build'), { recursive: true });
  const folder = mkdtempSync(join(repository, '.build/docs-'));
  mkdirSync(join(folder, 'tests'));
  cpSync(join(repository, 'proto'), join(folder, 'proto'), { recursive: true });
  writeFileSync(join(folder, 'proto/shop.proto'), bookProto);
  writeProtoTypes([join(folder, 'proto/shop.proto')]);
  const { 'tsconfig.json': settings = '' } = starterFiles({ name: 'reader', devDependencies: {} });
  const { compilerOptions } = JSON.parse(settings);
  const paths = { tsload: [join(repository, 'src/index.ts')] };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: true, paths }, include: ['tests'] }),
  );
  const names = exportedNames();
  writeFileSync(
    join(folder, 'tests/locustfile.ts'),
    `export { Shopper } from './${blocks.findIndex(isStarter)}.js';\n`,
  );
  for (const [index, block] of blocks.entries()) {
    writeFileSync(join(folder, 'tests', `${index}.ts`), moduleOf(block, names));
  }
  return folder;
}

/** The locustfile that docs/library.md runs one user of. */
const isStarter = ({ page }: Block) => page === 'docs/getting-started.md';

/** What the compiler finds, in terms of pages and their lines. */
async function complaints(blocks: readonly Block[]): Promise<readonly string[]> {
  const folder = project(blocks);
  try {
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [compiler, '-p', folder, '--pretty', 'false']);
    return [];
  } catch (error) {
    const { stdout = String(error) } = error as { readonly stdout?: string };
    return stdout
      .trim()
      .split('\n')
      .map((line) => inTermsOfPages(line, blocks));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const inTermsOfPages = (line: string, blocks: readonly Block[]) =>
  line.replace(
    /^.*tests\/(\d+)\.ts/,
    (_, index) => `in the block at ${blocks[Number(index)]?.where}: line after the fence`,
  );

const pages = [
  'README.md',
  ...readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

test('every block of TypeScript in the README and the pages of docs/ compiles under strict', async () => {
  const blocks = pages.flatMap(blocksOf);
  expect(blocks.length).toBeGreaterThan(25);
  expect(await complaints(blocks)).toEqual([]);
});

test('a block with an unknown option or a method that does not exist is told by page and line', async () => {
  const wrong = 'await this.client.fetch("/");\n';
  const found = await complaints([
    ...blocksOf('docs/getting-started.md'),
    { where: 'docs/x.md:7', page: 'docs/x.md', text: wrong },
  ]);
  expect(found.join('\n')).toMatch(/docs\/x\.md:7.*Property 'fetch' does not exist/);
});
