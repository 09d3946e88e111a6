/**
 * Imports of `.proto` files in a locustfile. What reads them is loaded with the first such import: most locustfiles have none.
 */
import type { Plugin } from 'esbuild';

export interface ProtoPluginOptions {
  /** Where `import` lines of .proto files are looked up, after the importing file's own folder. */
  readonly protoPath?: readonly string[];
}

export function protoPlugin(options: ProtoPluginOptions = {}): Plugin {
  return {
    name: 'tsload-proto',
    setup(build) {
      build.onLoad({ filter: /\.proto$/, namespace: 'file' }, async ({ path }) => {
        const { loadProto } = await import('./protoModule.js');
        return loadProto(path, options);
      });
    },
  };
}
