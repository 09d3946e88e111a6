/**
 * The module that a `.proto` file is to a locustfile: one export for each service of the file, plain data with everything that
 * it imports inside, so that the bundle needs no file beside it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { OnLoadResult } from 'esbuild';
import { TsloadError } from '../errors.js';
import { type Int64Mode, type ProtoFile, readProto } from '../users/index.js';
import type { ProtoPluginOptions } from './protoPlugin.js';
import { generateProtoTypes, int64OfTypes, typesPath } from './protoTypes.js';

/** For esbuild's `onLoad`. */
export function loadProto(path: string, options: ProtoPluginOptions): OnLoadResult {
  try {
    const proto = readProto([path], options);
    const types = existsSync(typesPath(path)) ? readFileSync(typesPath(path), 'utf8') : undefined;
    const int64 = types === undefined ? undefined : int64OfTypes(types);
    return {
      contents: moduleFor(proto, int64),
      loader: 'js',
      watchFiles: [...proto.files],
      warnings: int64 === undefined ? [] : staleness(path, types, { ...options, int64 }),
    };
  } catch (thrown) {
    if (!(thrown instanceof TsloadError)) throw thrown;
    return { errors: [{ text: thrown.message, detail: thrown }] };
  }
}

function moduleFor({ json, services }: ProtoFile, int64: Int64Mode | undefined): string {
  const lines = services.map((service, index) => {
    const value = JSON.stringify({ service, ...(int64 === undefined ? {} : { int64 }) });
    const name = service.slice(service.lastIndexOf('.') + 1);
    return `const service${index} = { ...${value}, proto };\nexport { service${index} as ${name} };`;
  });
  return [`const proto = ${JSON.stringify(json)};`, ...lines].join('\n');
}

/** Types that were made before the .proto changed would let a wrong field pass. */
function staleness(
  path: string,
  types: string | undefined,
  options: ProtoPluginOptions & { readonly int64: Int64Mode },
): { readonly text: string }[] {
  if (types === generateProtoTypes(path, options)) return [];
  const file = basename(path);
  return [{ text: `the types of ${file} are older than the file: run tsload proto types ${path}` }];
}
