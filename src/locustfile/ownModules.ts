/**
 * Imports of `tsload`, `undici` and grpc-js in a locustfile mean those of the tsload that runs it, wherever that is installed:
 * the class `HttpUser` that the locustfile extends must be the one that the runner knows.
 *
 * The bundle holds no path for them. It asks a registry of the process, so the same bundle runs on another machine.
 */
import { createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const registryKey = Symbol.for('tsload.own');

/** What `import 'tsload'` means: a module namespace. */
export type TsloadModule = Readonly<Record<string, unknown>>;

interface Registry {
  readonly tsload: TsloadModule;
  readonly require: (id: string) => unknown;
}

/** Says which module namespace is `tsload` in this process. Call it before a bundle is loaded. */
export function provideOwnModules(tsload: TsloadModule): void {
  const registry: Registry = { tsload, require: createRequire(import.meta.url) };
  Object.defineProperty(globalThis, registryKey, { value: registry, configurable: true });
}

const ownModules = /^(tsload|undici|@grpc\/grpc-js)(\/.*)?$/;
export const ownNamespace = 'tsload-own';

/**
 * Answers those imports. It knows what `tsload` exports, so that a misspelt import is a build error with its place. `tsload`
 * may still be loading while the build begins: esbuild works in a process of its own.
 */
export function ownModulesPlugin(tsload: Promise<TsloadModule>): Plugin {
  return {
    name: ownNamespace,
    setup(build) {
      build.onResolve({ filter: ownModules }, ({ path }) => ({ path, namespace: ownNamespace }));
      build.onLoad({ filter: /.*/, namespace: ownNamespace }, async ({ path }) => ({
        contents: path === 'tsload' ? tsloadSource(Object.keys(await tsload)) : requiredModule(path),
        loader: 'js',
      }));
    },
  };
}

const registryExpression = `globalThis[Symbol.for('tsload.own')]`;

function tsloadSource(exportNames: readonly string[]): string {
  const lines = exportNames
    .filter((name) => name !== 'default')
    .map((name) => `export const ${name} = /* @__PURE__ */ own(${JSON.stringify(name)});`);
  return [`const own = (name) => ${registryExpression}.tsload[name];`, ...lines].join('\n');
}

function requiredModule(path: string): string {
  return `module.exports = ${registryExpression}.require(${JSON.stringify(path)});`;
}
