/**
 * `npm run package`: is what `npm pack` makes a working tsload for somebody who has nothing else?
 *
 * Installed globally, it runs a locustfile from an otherwise empty folder, and makes a new project that type-checks and runs.
 * Installed in the folder, the locustfiles type-check there under `strict` with `skipLibCheck: false`, a `.proto` that they
 * import included. Takes a minute, most of it npm.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = process.cwd();

const locustfiles = {
  'locustfile.ts': `import { between, events, HttpUser, tag, task } from 'tsload';

events.request.addListener(({ name, responseTime }) => console.log(name, responseTime));

export class Shopper extends HttpUser {
  static override waitTime = between(0.1, 0.2);
  @task(2) @tag('read')
  async browse(): Promise<void> {
    await using response = await this.client.get('/', { name: '/[home]', catchResponse: true });
    if (response.status !== 200) response.failure('not there');
  }
}
`,
  'grpcLocustfile.ts': `import { GrpcUser, task } from 'tsload';
import { MathService } from './item.proto';

export class MathUser extends GrpcUser<typeof MathService> {
  static override service = MathService;
  @task
  async factorial(): Promise<number> {
    const { result } = await this.stub.calculateFactorial({ number: 3 });
    return result;
  }
}
`,
};

/** What must not compile: a field that the message does not have. */
const wrongField = ['number: 3', 'nummer: 3'] as const;

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  skipLibCheck: false,
  allowArbitraryExtensions: true,
  noEmit: true,
};

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tsload-package-'));
  try {
    const tarball = await step('npm pack', () => pack(folder));
    await step('only what belongs there is in it', () => checkContents(tarball));
    const program = await step('npm install --global', () => installGlobally(folder, tarball));
    const user = join(folder, 'user');
    mkdirSync(user);
    for (const [name, text] of Object.entries(locustfiles)) writeFileSync(join(user, name), text);
    await step('tsload runs a locustfile from an empty folder', () => runLocustfile(program, user));
    await step('npm install', () => npm(user, 'install', '--no-save', tarball));
    await step('the locustfiles type-check', () => typeCheck(user));
    await step('a wrong message field does not', () => rejectWrongField(user));
    await step('tsload init makes a project that type-checks and runs', () => initProject(program, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function step<T>(what: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await action();
  console.log(`${what}: yes (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return result;
}

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  return (await run('npm', [...args, ...quiet], { cwd })).stdout;
}

async function pack(folder: string): Promise<string> {
  const printed = await npm(project, 'pack', '--pack-destination', folder);
  const name = printed.trim().split('\n').at(-1) ?? '';
  return join(folder, name);
}

async function checkContents(tarball: string): Promise<void> {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  const files = stdout.trim().split('\n');
  const needed = [
    'bin/tsload.js',
    'dist/index.js',
    'dist/index.d.ts',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'package.json',
  ];
  const missing = needed.filter((name) => !files.includes(`package/${name}`));
  const surplus = files.filter((name) => /^package\/(test|bench|scripts|src|node_modules)\//.test(name));
  if (missing.length > 0) throw new Error(`the package lacks ${missing.join(', ')}`);
  if (surplus.length > 0) throw new Error(`the package holds ${surplus.slice(0, 5).join(', ')}`);
}

async function installGlobally(folder: string, tarball: string): Promise<string> {
  const prefix = join(folder, 'global');
  await npm(folder, 'install', '--global', '--prefix', prefix, tarball);
  return join(prefix, 'bin', 'tsload');
}

async function runLocustfile(program: string, cwd: string): Promise<void> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end('hello');
  });
  const port = await listen(server);
  const options = ['--headless', '-u', '2', '-r', '2', '-t', '2s', '--host', `http://127.0.0.1:${port}`];
  const { stdout } = await run(program, [...options, '--json'], { cwd });
  server.close();
  const [entry]: readonly { readonly name?: string; readonly num_requests?: number }[] = JSON.parse(
    stdout.slice(stdout.indexOf('[\n')),
  );
  if (entry?.name !== '/[home]' || entry.num_requests !== requests || requests === 0) {
    throw new Error(`the server saw ${requests} requests, and tsload says: ${stdout}`);
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((done, fail) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') done(address.port);
      else fail(new Error('the server has no port'));
    });
  });
}

async function typeCheck(user: string): Promise<void> {
  writeFileSync(join(user, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  copyFileSync(resolve(project, 'proto/item.proto'), join(user, 'item.proto'));
  await run(join(user, 'node_modules/.bin/tsload'), ['proto', 'types', 'item.proto'], { cwd: user });
  const problems = await compile(user);
  if (problems !== '') throw new Error(`a locustfile does not type-check:\n${problems}`);
}

async function rejectWrongField(user: string): Promise<void> {
  writeFileSync(join(user, 'grpcLocustfile.ts'), locustfiles['grpcLocustfile.ts'].replace(...wrongField));
  const problems = await compile(user);
  if (!problems.includes('nummer')) throw new Error(`a wrong field compiles:\n${problems}`);
}

async function initProject(program: string, folder: string): Promise<void> {
  await run(program, ['init', 'project'], { cwd: folder });
  const created = join(folder, 'project');
  await npm(created, 'run', 'types');
  const { stderr } = await run('npx', ['tsload', '--headless', '-u', '3', '-r', '3', '-t', '2s'], { cwd: created });
  if (!/Aggregated +[1-9]/.test(stderr)) throw new Error(`the new project's run made no request: ${stderr}`);
}

/** What the compiler says; nothing: all is well. */
async function compile(user: string): Promise<string> {
  const compiler = resolve(project, 'node_modules/.bin/tsc');
  return run(compiler, ['-p', user], { cwd: user }).then(
    () => '',
    (failure: { readonly stdout?: string }) => String(failure.stdout),
  );
}

await main();
