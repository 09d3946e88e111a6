/**
 * `tsload init [DIR]`: a new test project that runs and type-checks at once.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OptionError, TsloadError } from '../../errors.js';
import { makeFolder } from '../../folders.js';
import { CodedError, exitCodes } from '../exit.js';
import { packageDirectory } from '../version.js';
import { starterFiles } from './starter.js';

const usage = `Usage: tsload init [DIR] [--no-install]

Makes a test project in DIR (default: this folder): package.json, tsconfig.json, locustfile.ts, a debug configuration for
VS Code and a .gitignore; then runs npm install there. No file that exists is touched.
`;

/** Returns the exit code. */
export async function init(words: readonly string[]): Promise<number> {
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(usage);
    return exitCodes.ok;
  }
  const { directory, wantsInstall } = readWords(words);
  const files = starterFiles({ name: projectName(directory), devDependencies: devDependencies() });
  const made = await writeMissing(directory, files);
  process.stdout.write(`made ${made.join(', ')} in ${directory}\n`);
  const isInstalled = wantsInstall && (await npmInstall(directory));
  process.stdout.write(nextSteps(directory, isInstalled));
  return exitCodes.ok;
}

function readWords(words: readonly string[]) {
  const options = words.filter((word) => word.startsWith('-'));
  const unknown = options.find((word) => word !== '--no-install');
  if (unknown !== undefined) throw new OptionError(`tsload init has no option ${unknown}: it has --no-install`);
  const directories = words.filter((word) => !word.startsWith('-'));
  if (directories.length > 1)
    throw new OptionError(`tsload init makes one project but was given ${directories.join(' and ')}`);
  return { directory: resolve(directories[0] ?? '.'), wantsInstall: options.length === 0 };
}

/** A name that npm accepts. */
function projectName(directory: string): string {
  const name = basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[._-]+/, '');
  return name === '' || name === 'tsload' ? 'load-tests' : name;
}

/** tsload by file until it is published; the compiler and Node's types in the versions that tsload itself is built with. */
function devDependencies(): Record<string, string> {
  const manifest: unknown = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8'));
  return {
    '@types/node': versionIn(manifest, '@types/node') ?? '^20.19.0',
    tsload: `file:${packageDirectory}`,
    typescript: versionIn(manifest, 'typescript') ?? 'latest',
  };
}

function versionIn(manifest: unknown, name: string): string | undefined {
  for (const section of ['dependencies', 'devDependencies']) {
    const versions = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, section) : undefined;
    const version = typeof versions === 'object' && versions !== null ? Reflect.get(versions, name) : undefined;
    if (typeof version === 'string') return version;
  }
  return undefined;
}

/** Files that make a folder a project: one that has them already is left alone. The others are made where they are missing. */
const blocking = ['package.json', 'tsconfig.json', 'locustfile.ts'];

/** Returns the names of the files that were made. */
async function writeMissing(directory: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  const isThere = (name: string) => existsSync(join(directory, name));
  const existing = blocking.filter(isThere);
  if (existing.length > 0) {
    throw new CodedError(exitCodes.failed, `${directory} has ${existing.join(', ')} already: give another folder`);
  }
  const missing = Object.entries(files).filter(([name]) => !isThere(name));
  for (const [name, text] of missing) await write(join(directory, name), text);
  return missing.map(([name]) => name);
}

async function write(path: string, text: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    writeFileSync(path, text);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new TsloadError('OUTPUT', `${path} cannot be written: ${reason}`, { cause: thrown });
  }
}

function npmInstall(directory: string): Promise<boolean> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return new Promise((resolve) => {
    const child = spawn(npm, ['install', '--no-fund', '--no-audit'], {
      cwd: directory,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

function nextSteps(directory: string, isInstalled: boolean): string {
  const steps = [
    ...(directory === process.cwd() ? [] : [`cd ${directory}`]),
    ...(isInstalled ? [] : ['npm install']),
    'npx tsload --headless -u 10 -r 5 -t 10s',
    'npm run types',
  ];
  return `\nNext:\n${steps.map((step) => `  ${step}\n`).join('')}`;
}
