/**
 * One esbuild build of all locustfiles of a run: one ESM file and its source map, the same on every machine and in every folder
 * that has the same sources. Everything that can be bundled is inside; `external` names the packages that are not.
 */
import { createHash } from 'node:crypto';
import { realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { BuildFailure, BuildOptions, BuildResult, Message, Plugin } from 'esbuild';
import { LocustfileError } from '../errors.js';
import { getLogger } from '../log.js';
import { describeBuildFailure, describeMessage } from './buildErrors.js';
import { externalPackagesPlugin, packageDirectoryOf } from './externalPackages.js';
import { filePlacePlugin, placeBanner, placeNames } from './filePlace.js';
import { lowered, quickNames } from './output.js';
import { ownModulesPlugin, type TsloadModule } from './ownModules.js';
import { protoPlugin } from './protoPlugin.js';
import { overridingTsconfig } from './tsconfig.js';

export interface Bundle {
  /** The bundle on disk; `path + '.map'` is its source map. */
  readonly path: string;
  /** Of the bundle's bytes, in hex. */
  readonly sha256: string;
  /** Every source file that went in, absolute. */
  readonly inputs: readonly string[];
  /** npm packages that could not be bundled: they are loaded from the user's own folder. */
  readonly external: readonly string[];
  /** The folder of the first locustfile: paths in the bundle start there. */
  readonly base: string;
}

export interface BundleOptions {
  readonly cwd: string;
  /** Where the two files are written. */
  readonly directory: string;
  readonly tsload: Promise<TsloadModule>;
}

interface PlacedOptions extends BundleOptions {
  readonly base: string;
}

type BuildOutput = BuildResult<{ write: false; metafile: true }>;

const log = getLogger('tsload.locustfile');

/** Builds `files` and writes the bundle. Its only export, `locustfiles`, holds the module namespaces in the order of `files`. */
export async function bundleLocustfiles(files: readonly string[], options: BundleOptions): Promise<Bundle> {
  const external = new Set<string>();
  const base = files[0] === undefined ? options.cwd : dirname(realpathSync(files[0]));
  const placed = { ...options, base };
  const output = await buildLeavingOut(new Set(), placed, (unbundled) => {
    external.clear();
    return buildOptions(files, placed, [
      ownModulesPlugin(options.tsload),
      externalPackagesPlugin(unbundled, (name) => external.add(name)),
      filePlacePlugin(base),
      protoPlugin(),
    ]);
  });
  warn(output.warnings, placed);
  return { ...write(output, placed), external: [...external].sort(), base };
}

/**
 * Builds, and when the only errors are inside npm packages, builds again without those packages: they may use what a bundler
 * cannot follow, and work when Node loads them.
 */
async function buildLeavingOut(
  unbundled: ReadonlySet<string>,
  placed: PlacedOptions,
  optionsFor: (unbundled: ReadonlySet<string>) => BuildOptions & { write: false; metafile: true },
): Promise<BuildOutput> {
  try {
    return await build(optionsFor(unbundled));
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw thrown;
    const packages = thrown.errors.map(({ location }) =>
      packageDirectoryOf(resolve(placed.base, location?.file ?? '')),
    );
    const more = packages.filter((path) => path !== undefined);
    if (more.length === 0 || more.length < packages.length || more.every((path) => unbundled.has(path))) {
      throw new LocustfileError(describeBuildFailure(thrown.errors, placed), { cause: thrown });
    }
    return buildLeavingOut(new Set([...unbundled, ...more]), placed, optionsFor);
  }
}

let buildsUnderWay = 0;

/** esbuild is loaded for the build only, and its service process ends with the last build under way. */
async function build(options: BuildOptions & { write: false; metafile: true }): Promise<BuildOutput> {
  const esbuild = await import('esbuild');
  buildsUnderWay++;
  try {
    return await esbuild.build(options);
  } finally {
    buildsUnderWay--;
    if (buildsUnderWay === 0) await esbuild.stop();
  }
}

function buildOptions(files: readonly string[], options: PlacedOptions, plugins: Plugin[]) {
  const tsconfig = overridingTsconfig(files[0] ?? options.cwd, options.directory);
  return {
    ...(tsconfig === undefined ? {} : { tsconfig }),
    stdin: { contents: entryOf(files), resolveDir: options.base, sourcefile: 'locustfiles', loader: 'js' },
    outfile: join(options.directory, 'locustfile.mjs'),
    absWorkingDir: options.base, // paths relative to it stand in the bundle
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: lowered,
    // a locustfile from a URL, and one without a node_modules above it, use the packages of the folder tsload runs in
    nodePaths: [join(options.cwd, 'node_modules')],
    define: { ...placeNames },
    banner: { js: banner },
    footer: { js: quickNames.footer },
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    metafile: true,
    write: false,
    plugins,
  } satisfies BuildOptions;
}

function entryOf(files: readonly string[]): string {
  const imports = files.map((file, index) => `import * as file${index} from ${JSON.stringify(file)};`);
  const names = files.map((_, index) => `file${index}`).join(', ');
  return `${imports.join('\n')}\nexport const locustfiles = [${names}];`;
}

/** CommonJS packages in an ESM bundle need a `require`; it finds what the first locustfile would find. */
const banner =
  `import { createRequire as __tsload_createRequire } from 'node:module';\n` +
  `${placeBanner}\nconst require = __tsload_createRequire(__tsload_at('locustfile'));\n${quickNames.banner}`;

function write(output: BuildOutput, options: PlacedOptions): Omit<Bundle, 'external' | 'base'> {
  const path = join(options.directory, 'locustfile.mjs');
  let sha256 = '';
  for (const file of output.outputFiles) {
    const isBundle = file.path.endsWith('.mjs');
    const contents = isBundle ? quickNames.rewrite(file.text) : file.contents;
    writeFileSync(join(options.directory, basename(file.path)), contents);
    if (isBundle) sha256 = createHash('sha256').update(contents).digest('hex');
  }
  const inputs = Object.keys(output.metafile.inputs)
    .filter((input) => input !== 'locustfiles' && !/^tsload-own:/.test(input))
    .map((input) => resolve(options.base, input));
  return { path, sha256, inputs };
}

function warn(warnings: readonly Message[], placed: PlacedOptions): void {
  for (const warning of warnings) {
    const isOwn = packageDirectoryOf(resolve(placed.base, warning.location?.file ?? '')) === undefined;
    if (isOwn) log.warning(describeMessage(warning, placed));
  }
}

function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && 'errors' in thrown && Array.isArray(thrown.errors);
}
