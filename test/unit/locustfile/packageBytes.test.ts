import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { LocustfileError } from '../../../src/errors.js';
import { decodePackage, encodePackage, sha256 } from '../../../src/locustfile/packageBytes.js';
import { type PackageContents, type PackedFile, packageFormat } from '../../../src/locustfile/packageFormat.js';
import fc from '../../properties.js';

const file = (path: string, text = path): PackedFile => {
  const bytes = Buffer.from(text);
  return { path, sha256: sha256(bytes), bytes };
};
const contents: PackageContents = {
  format: packageFormat,
  files: [file('bundle/locustfile.mjs'), file('bundle/locustfile.mjs.map'), file('files/a.csv', 'a'.repeat(5000))],
  entry: 'bundle/locustfile.mjs',
  root: '/home/u/shop',
  base: '',
  cwd: 'sub',
  locustfiles: ['/home/u/shop/shop.ts'],
  sources: [{ path: '/home/u/shop/shop.ts', sha256: sha256(Buffer.from('x')) }],
  external: [],
};

/** A package with a right digest and whatever inside. */
function sealed(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('tsloadPK'), createHash('sha256').update(body).digest(), body]);
}

const withValue = (value: unknown) => sealed(gzipSync(pack(value)));

/** The message, which is one line. Anything but a `LocustfileError` fails. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const thrown = await decodePackage(bytes).then(
    () => 'was taken',
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(LocustfileError);
  const message = thrown instanceof Error ? thrown.message : '';
  expect(message).toMatch(/^[^\n]{20,400}$/);
  return message;
}

describe('the bytes of a package', () => {
  test('give what was packed', async () => {
    const decoded = await decodePackage(await encodePackage(contents));
    expect({ ...decoded, files: decoded.files.map((each) => ({ ...each, bytes: Buffer.from(each.bytes) })) }).toEqual(
      contents,
    );
  });

  test('are refused in one sentence, whichever byte of them is wrong', async () => {
    const bytes = await encodePackage(contents);
    for (let index = 0; index < bytes.length; index++) {
      const wrong = Uint8Array.from(bytes);
      wrong[index] = (wrong[index] ?? 0) ^ (1 << (index % 8));
      expect(await refusal(wrong)).toMatch(index < 8 ? /is no package/ : /is damaged/);
    }
  });

  test('are refused when they end early or go on', async () => {
    const bytes = await encodePackage(contents);
    for (const length of [0, 1, 8, 39, 40, 41, bytes.length - 1]) await refusal(bytes.subarray(0, length));
    expect(await refusal(Buffer.concat([bytes, Buffer.from([0])]))).toMatch(/is damaged/);
  });

  test('with a right digest are refused all the same when it is no package inside', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (body, isCompressed) => {
        await refusal(sealed(isCompressed ? gzipSync(body) : body));
      }),
      { numRuns: 200 },
    );
  });

  test('that unpack to more than a package may have are refused before memory is used up', async () => {
    const bomb = gzipSync(Buffer.alloc(321 * 1024 ** 2), { level: 1 });
    expect(await refusal(sealed(bomb))).toMatch(
      /cannot be unpacked: Cannot create a Buffer larger than 335544320 bytes/,
    );
  });

  test('whose message was changed anywhere give a package or a refusal', async () => {
    const message = gunzipSync((await encodePackage(contents)).subarray(40));
    const change = fc.record({ at: fc.nat(600), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = Uint8Array.from(message);
        for (const { at, to } of changes) changed[at] = to;
        const thrown = await decodePackage(sealed(gzipSync(changed))).catch((error: unknown) => error);
        if (thrown instanceof Error) expect(thrown).toBeInstanceOf(LocustfileError);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is inside of a package', () => {
  const withFiles = (...files: readonly unknown[]) => ({ ...contents, files: [...contents.files, ...files] });
  const wrongHash = { ...file('files/b.csv'), sha256: sha256(Buffer.from('another')) };
  test.each<[string, unknown, RegExp]>([
    ['a list', [], /the package is no object/],
    ['another format', { ...contents, format: 2 }, /has the format 2 and this tsload reads 1: install the same tsload/],
    ['no format', {}, /has the format undefined/],
    ['files that are no list', { ...contents, files: {} }, /its files is no list/],
    ['too many files', { ...contents, files: Array(10_003).fill(0) }, /its files has more than 10002 elements/],
    ['a file twice', withFiles(file('files/a.csv')), /files\/a.csv is in it twice/],
    ['a file in a file', withFiles(file('files/a.csv/b')), /files\/a.csv is a file and a folder in it/],
    ['a wrong hash', withFiles(wrongHash), /is damaged: files\/b.csv is not what its SHA-256 says/],
    ['no hash', withFiles({ ...wrongHash, sha256: 'x' }), /a SHA-256 in it is none/],
    ['bytes that are a text', withFiles({ ...wrongHash, bytes: 'x' }), /the bytes of files\/b.csv are missing/],
    ['a missing entry', { ...contents, entry: 'bundle/other.mjs' }, /it lacks its entry bundle\/other.mjs/],
    ['an endless path', withFiles(file(`files/${'a'.repeat(5000)}`)), /its path is no text of 1 to 4096 characters/],
    ['a base outside', { ...contents, base: '../..' }, /its base "..\/.." leads out of it/],
    ['a working directory outside', { ...contents, cwd: '/etc' }, /its cwd "\/etc" leads out of it/],
    ['locustfiles that are none', { ...contents, locustfiles: [3] }, /its locustfiles is no text/],
    ['sources that are none', { ...contents, sources: [3] }, /a source is no object/],
    ['packages that are none', { ...contents, external: 'zeta' }, /its external is no list/],
  ])('%s is refused', async (_, value, message) => {
    expect(await refusal(withValue(value))).toMatch(message);
  });

  test.each(['/etc/passwd', '../x', 'files/../../x', 'files/..', '..', '.', 'files//x', './x', 'files/x/', 'a\0b', ''])(
    'the path %j is refused',
    async (path) => {
      expect(await refusal(withValue(withFiles(file(path))))).toMatch(/leads out of it|is no text of 1 to/);
    },
  );
});
