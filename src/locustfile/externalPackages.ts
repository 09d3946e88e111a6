/**
 * Which npm packages stay out of the bundle: those with native code, and those that a first attempt could not bundle.
 * They are loaded from where the importing file finds them, under their absolute path.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ImportKind, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';

/** Dependencies that load a package's native code from a path that they compute. */
const nativeLoaders = [
  'bindings',
  'node-gyp-build',
  'node-pre-gyp',
  '@mapbox/node-pre-gyp',
  'node-gyp-build-optional-packages',
  'prebuild-install',
];

/** The directory of the package that a file belongs to, if it is in a `node_modules`. */
export function packageDirectoryOf(file: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

export function packageNameOf(directory: string): string {
  return (
    directory
      .split(/[\\/]node_modules[\\/]/)
      .at(-1)
      ?.replaceAll('\\', '/') ?? directory
  );
}

/** `unbundled`: directories of packages that are known not to bundle. `onExternal` hears of each package left out. */
export function externalPackagesPlugin(unbundled: ReadonlySet<string>, onExternal: (name: string) => void): Plugin {
  const isNative = memoise(hasNativeCode);
  const leaveOut = (path: string, kind: ImportKind): OnResolveResult | undefined => {
    const directory = packageDirectoryOf(path);
    if (directory === undefined || !(unbundled.has(directory) || isNative(directory))) return undefined;
    onExternal(packageNameOf(directory));
    return externalFile(path, kind);
  };
  return {
    name: 'tsload-external-packages',
    setup(build) {
      build.onResolve({ filter: /\.node$/ }, async (args) => {
        const found = await resolveOnce(build, args);
        if (found === undefined) return undefined;
        const directory = packageDirectoryOf(found.path);
        onExternal(directory === undefined ? found.path : packageNameOf(directory));
        return externalFile(found.path, args.kind);
      });
      build.onResolve({ filter: /^[^./\\]/ }, async (args) => {
        if (args.path.startsWith('node:')) return undefined;
        const found = await resolveOnce(build, args);
        return found && leaveOut(found.path, args.kind);
      });
    },
  };
}

const alreadyAsked = { isAskedByExternalPackages: true };

/** What esbuild itself makes of an import; undefined when that is a builtin or an error, which it then reports in its own way. */
async function resolveOnce(
  build: Parameters<Plugin['setup']>[0],
  args: OnResolveArgs,
): Promise<{ path: string } | undefined> {
  if (args.pluginData === alreadyAsked) return undefined;
  const { kind, importer, resolveDir, namespace } = args;
  const found = await build.resolve(args.path, { kind, importer, resolveDir, namespace, pluginData: alreadyAsked });
  return found.errors.length > 0 || found.external || found.namespace !== 'file' ? undefined : found;
}

function externalFile(path: string, kind: ImportKind): OnResolveResult {
  const isRequired = kind === 'require-call' || kind === 'require-resolve';
  return { path: isRequired ? path : pathToFileURL(path).href, external: true };
}

function hasNativeCode(directory: string): boolean {
  if (existsSync(join(directory, 'binding.gyp'))) return true;
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return false;
    if ('gypfile' in manifest && manifest.gypfile === true) return true;
    if ('napi' in manifest) return true;
    const dependencies = 'dependencies' in manifest ? manifest.dependencies : undefined;
    if (typeof dependencies !== 'object' || dependencies === null) return false;
    return nativeLoaders.some((name) => Object.hasOwn(dependencies, name));
  } catch {
    return false;
  }
}

function memoise(ask: (key: string) => boolean): (key: string) => boolean {
  const answers = new Map<string, boolean>();
  return (key) => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = ask(key);
    answers.set(key, answer);
    return answer;
  };
}
