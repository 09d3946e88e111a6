/**
 * The files of a new test project, as texts. Pure.
 */

export interface StarterOptions {
  /** Of the project. */
  readonly name: string;
  /** What the project depends on, as in package.json. */
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Texts by file name. */
export function starterFiles({ name, devDependencies }: StarterOptions): Readonly<Record<string, string>> {
  return {
    'package.json': json({
      name,
      private: true,
      type: 'module',
      scripts: { start: 'tsload', types: 'tsc --noEmit' },
      devDependencies,
    }),
    'tsconfig.json': json({
      compilerOptions: {
        target: 'es2022',
        module: 'nodenext',
        lib: ['es2023', 'esnext.disposable', 'esnext.decorators'],
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        resolveJsonModule: true,
        allowArbitraryExtensions: true,
      },
      include: ['**/*.ts'],
    }),
    'locustfile.ts': locustfile,
    '.vscode/launch.json': json(launch),
    '.gitignore': 'node_modules/\nout/\n',
  };
}

const locustfile = `import { createServer } from 'node:http';
import { between, events, HttpUser, tag, task } from 'tsload';

/** A user who reads the list of items now and then, and sometimes buys one. */
export class Shopper extends HttpUser {
  static override waitTime = between(0.5, 1.5);

  @task(3)
  @tag('read')
  async browse() {
    await this.client.get('/items');
  }

  @task
  async buy() {
    const id = 1 + Math.floor(Math.random() * 100);
    await this.client.post(\`/items/\${id}\`, { json: { amount: 1 }, name: '/items/[id]' });
  }
}

// So that this file runs at once: without --host it loads a small server in this process. Take it out when you have your own.
events.init.addListener(async ({ environment }) => {
  if (environment.host || environment.parsedOptions['worker']) return; // workers get the host from their master
  const server = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address === 'object' && address !== null) environment.host = \`http://127.0.0.1:\${address.port}\`;
  events.quitting.addListener(() => server.close());
});
`;

const launch = {
  version: '0.2.0',
  configurations: [
    {
      name: 'tsload: debug one user',
      type: 'node',
      request: 'launch',
      program: '$' + '{workspaceFolder}/node_modules/tsload/bin/tsload.js',
      args: ['-f', '$' + '{file}', '--headless', '-u', '1', '--only-summary'],
      cwd: '$' + '{workspaceFolder}',
      console: 'integratedTerminal',
      skipFiles: ['<node_internals>/**'],
      // the locustfile is built into a temporary folder when it is loaded: the debugger must look for its source map there
      pauseForSourceMap: true,
      resolveSourceMapLocations: ['**'],
    },
  ],
};

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
