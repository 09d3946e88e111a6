import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as tsload from '../../../src/index.js';
import { generateProtoTypes, loadLocustfiles, writeProtoTypes } from '../../../src/locustfile/index.js';
import { captureLog } from '../../capturedLog.js';
import { folder } from './folder.js';

const item = `syntax = "proto3";
package item;
import "parts/size.proto";
service MathService { rpc CalculateFactorial (Request) returns (Response); }
service Other { rpc Do (Request) returns (Request); }
message Request { int32 number = 1; parts.Size the_size = 2; }
message Response { int64 result = 1; float time_taken = 2; }
`;
const size = `syntax = "proto3"; package parts; message Size { int32 width = 1; }`;
const locustfile = `
  import { GrpcUser } from 'tsload';
  import { MathService } from '../proto/item.proto';
  export class U extends GrpcUser { static service = MathService; }
`;
const project = { 'tests/locustfile.ts': locustfile, 'proto/item.proto': item, 'proto/parts/size.proto': size };

/** Loads the project's locustfile and gives the service that its class has. */
async function loadedService(files: Readonly<Record<string, string>>): Promise<unknown> {
  const cwd = folder(files);
  await using loaded = await loadLocustfiles(['tests/locustfile.ts'], { tsload, cwd });
  return Reflect.get(Object(loaded.userClasses.get('U')), 'service');
}

describe('imports of .proto files', () => {
  test('give the services of the file, with everything in the bundle', async () => {
    const cwd = folder(project);
    await using loaded = await loadLocustfiles(['tests/locustfile.ts'], { tsload, cwd });
    expect(loaded.bundle.inputs).toContain(join(cwd, 'proto/item.proto'));
    rmSync(join(cwd, 'proto'), { recursive: true });
    const userClass = loaded.userClasses.get('U');
    expect(userClass?.prototype).toBeInstanceOf(tsload.GrpcUser);
    expect(Reflect.get(Object(userClass), 'service')).toMatchObject({
      service: 'item.MathService',
      proto: { nested: { item: { nested: { Response: { fields: { timeTaken: { type: 'float', id: 2 } } } } } } },
    });
  });

  test('a service that the file does not have is an error of the build', async () => {
    const files = { ...project, 'tests/locustfile.ts': locustfile.replaceAll('MathService', 'MathsService') };
    await expect(loadedService(files)).rejects.toThrow(
      /No matching export in "proto\/item.proto" for import "MathsService"/,
    );
  });

  test.each([
    ['a file that does not exist', { 'proto/item.proto': undefined }, /Could not resolve "..\/proto\/item.proto"/],
    [
      'an import that does not exist',
      { 'proto/parts/size.proto': undefined },
      /item.proto:3: the import "parts\/size.proto" is not found in/,
    ],
    [
      'what is no proto',
      { 'proto/item.proto': 'syntax = "proto3";\n\nmessage A {\n  string = 1;\n}' },
      /item.proto:4: .*'='/,
    ],
    [
      'a file that ends too early',
      { 'proto/item.proto': 'syntax = "proto3";\nmessage A {' },
      /item.proto:2: .*ends too early/,
    ],
    [
      'an unknown type',
      { 'proto/item.proto': item.replace('int32 number', 'integer number') },
      /item.proto:6: there is no type integer: declare or import it/,
    ],
    ['a broken import', { 'proto/parts/size.proto': 'syntax = "proto3";\nmessage Size { int32 }' }, /size.proto:2: /],
  ])('say where the fault is: %s', async (_, change, message) => {
    const files = Object.entries({ ...project, ...change }).filter(([, text]) => text !== undefined);
    await expect(loadedService(Object.fromEntries(files) as Record<string, string>)).rejects.toThrow(message);
  });

  test("Google's common files need not be there", async () => {
    const proto = `syntax = "proto3"; package item;
      import "google/protobuf/timestamp.proto"; import "google/protobuf/any.proto"; import "google/api/annotations.proto";
      import "google/protobuf/type.proto";
      service MathService { rpc Do (A) returns (A) { option (google.api.http) = { get: "/v1/do" }; } }
      message A { google.protobuf.Timestamp at = 1; google.protobuf.Any any = 2; google.protobuf.Type type = 3; }`;
    const files = { 'tests/locustfile.ts': locustfile, 'proto/item.proto': proto };
    expect(await loadedService(files)).toMatchObject({ service: 'item.MathService' });
    const cwd = folder(files);
    expect(generateProtoTypes(join(cwd, 'proto/item.proto'))).toContain('readonly typeUrl: string;');
  });

  test('the root of a tree of .proto files is found above the importing file', async () => {
    const files = {
      'tests/locustfile.ts': locustfile.replace('../proto/', '../proto/shop/v1/'),
      'proto/shop/v1/item.proto': item.replace('parts/size.proto', 'common/size.proto'),
      'proto/common/size.proto': size,
    };
    expect(await loadedService(files)).toMatchObject({ service: 'item.MathService' });
  });

  test('take the 64-bit integers that the types were made for', async () => {
    const cwd = folder(project);
    writeProtoTypes([join(cwd, 'proto/item.proto')], { int64: 'bigint' });
    await using loaded = await loadLocustfiles(['tests/locustfile.ts'], { tsload, cwd });
    expect(Reflect.get(Object(loaded.userClasses.get('U')), 'service')).toMatchObject({ int64: 'bigint' });
  });

  test('types that are older than the .proto are a warning', async () => {
    using log = captureLog();
    await loadedService({ ...project, 'proto/item.d.proto.ts': '// Made by `tsload proto types item.proto`: x\n' });
    expect(log.at('WARNING')).toEqual([
      expect.stringMatching(/types of item.proto are older than the file: run tsload proto types .*item.proto/),
    ]);
  });

  test('types of somebody else are left alone', async () => {
    using log = captureLog();
    await loadedService({ ...project, 'proto/item.d.proto.ts': 'export declare const MathService: never;\n' });
    expect(log.at('WARNING')).toEqual([]);
  });
});
