/**
 * Imports of `.proto` files in a locustfile: the module has one export for each service of the file, plain data with everything
 * that it imports inside, so that the bundle needs no file beside it.
 */
import type { Plugin } from 'esbuild';

export interface ProtoPluginOptions {
  /** Where `import` lines of .proto files are looked up, after the importing file's own folder. */
  readonly protoPath?: readonly string[];
}

export function protoPlugin(_options: ProtoPluginOptions = {}): Plugin {
  return { name: 'tsload-proto', setup() {} };
}
