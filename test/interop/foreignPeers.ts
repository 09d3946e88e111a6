/**
 * Real peers of Locust's protocol: the `locust` package in a Python environment of its own, and a boomer worker built from its Go
 * module. Both lie in `.build/interop`, and are made once for each version. What cannot be had is an error: these tests are for
 * nothing else.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locustVersion } from '../../src/link/locust/options.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(repository, '.build/interop');
const environment = join(folder, `locust-${locustVersion}`);
const boomerSource = join(repository, 'test/interop/boomer');
const installMillis = 600_000;

export const locustProgram = join(environment, 'bin/locust');
export const pythonProgram = join(environment, 'bin/python');
export const boomerProgram = join(folder, `boomer-${boomerKey()}`);

export function installLocust(): void {
  const done = join(environment, 'installed');
  if (existsSync(done)) return;
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run('python3', ['-m', 'venv', environment], 'a Python environment (Debian: apt-get install python3-venv)');
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `locust==${locustVersion}`];
  fetch(pythonProgram, words, `the Python package locust ${locustVersion}`);
  run(locustProgram, ['--version'], 'a Locust that runs');
  writeFileSync(done, '');
}

export function buildBoomer(): void {
  if (existsSync(boomerProgram)) return;
  mkdirSync(folder, { recursive: true });
  run('go', ['version'], 'Go (Debian: apt-get install golang)');
  const whole = `${boomerProgram}.new`;
  fetch('go', ['build', '-o', whole, '.'], 'the boomer worker', boomerSource);
  renameSync(whole, boomerProgram);
}

/** Another source is another program. */
function boomerKey(): string {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(boomerSource, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Over a network, which may fail for a moment: tried three times. */
function fetch(program: string, words: readonly string[], what: string, cwd = repository, tries = 3): void {
  try {
    run(program, words, what, cwd);
  } catch (thrown) {
    if (tries === 1) throw thrown;
    fetch(program, words, what, cwd, tries - 1);
  }
}

function run(program: string, words: readonly string[], what: string, cwd = repository): void {
  try {
    execFileSync(program, words, { cwd, stdio: ['ignore', 'ignore', 'inherit'], timeout: installMillis });
  } catch (cause) {
    throw new Error(`the tests with real Locust workers need ${what}, which cannot be had`, { cause });
  }
}
