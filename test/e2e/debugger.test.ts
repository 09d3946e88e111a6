/** What an editor's debugger does: it reads the source map of the built locustfile and sets its breakpoint through that. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../until.js';
import { idleUsers, serve, start, tsload } from './tsload.js';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, never>>;
}

/** The inspector of a process. */
class Inspector {
  readonly messages: Message[] = [];
  #lastId = 0;
  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data))));
  }
  static async open(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Inspector(socket);
  }
  send(method: string, params: object = {}): void {
    this.socket.send(JSON.stringify({ id: ++this.#lastId, method, params }));
  }
  async event<T>(method: string, isWanted: (params: T) => boolean = () => true): Promise<T> {
    const find = () => this.messages.find((each) => each.method === method && isWanted(each.params as T));
    return (await until(find, { timeoutMs: 30_000, what: method }))?.params as T;
  }
  close(): void {
    this.socket.close();
  }
}

interface Place {
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** Where a line of a source begins in the built file. */
function generated(map: SourceMap, lines: number, source: string, line: number): Place {
  for (let lineNumber = 0; lineNumber < lines; lineNumber++) {
    for (let columnNumber = 0; columnNumber < 200; columnNumber++) {
      const entry = map.findEntry(lineNumber, columnNumber);
      const isHere =
        'originalLine' in entry && entry.generatedLine === lineNumber && entry.generatedColumn === columnNumber;
      if (isHere && entry.originalLine === line && entry.originalSource.endsWith(source))
        return { lineNumber, columnNumber };
    }
  }
  throw new Error(`no place for ${source}:${line}`);
}

test('a breakpoint in a locustfile holds at its TypeScript line', async () => {
  const text = `${idleUsers('Other')}
export class U extends User {
  override async onStart() {
    while (!Reflect.has(globalThis, 'breakpointIsSet')) await this.sleep(0.01);
  }
  @task async t() {
    const marked: number = 1;
    console.log('went on', marked);
  }
}`;
  const line = text.split('\n').findIndex((each) => each.includes('marked: number'));
  using run = start('--headless --iterations 1 U', { files: { 'locustfile.ts': text }, node: ['--inspect-brk=0'] });
  await run.sees(/Debugger listening on ws:/);
  const inspector = await Inspector.open(/ws:\S+/.exec(run.stderr)?.[0] ?? '');
  inspector.send('Debugger.enable');
  inspector.send('Runtime.runIfWaitingForDebugger');
  await inspector.event('Debugger.paused');
  inspector.send('Debugger.resume');
  const script = await inspector.event<{ scriptId: string; url: string; sourceMapURL: string }>(
    'Debugger.scriptParsed',
    ({ url }) => url.endsWith('/locustfile.mjs'),
  );
  const built = fileURLToPath(script.url);
  const payload = JSON.parse(readFileSync(join(dirname(built), script.sourceMapURL), 'utf8'));
  expect(payload.sources.map((source: string) => resolve(dirname(built), source))).toContain(
    join(run.cwd, 'locustfile.ts'),
  );
  const map = new SourceMap(payload);
  const place = generated(map, readFileSync(built, 'utf8').split('\n').length, 'locustfile.ts', line);
  inspector.send('Debugger.setBreakpoint', { location: { scriptId: script.scriptId, ...place } });
  inspector.send('Runtime.evaluate', { expression: 'globalThis.breakpointIsSet = true' });
  const paused = await inspector.event<{ hitBreakpoints: string[]; callFrames: { location: Place }[] }>(
    'Debugger.paused',
    ({ hitBreakpoints }) => hitBreakpoints.length > 0,
  );
  const { lineNumber = 0, columnNumber = 0 } = paused.callFrames[0]?.location ?? {};
  expect(map.findEntry(lineNumber, columnNumber)).toMatchObject({ originalLine: line });
  expect(run.stdout).toBe('');
  inspector.send('Debugger.resume');
  await run.sees(/went on 1/);
  inspector.close();
  expect((await run.finished).code).toBe(0);
});

test('[153] runSingleUser in a locustfile takes its host from LOCUST_HOST, and prints a row for each request', async () => {
  await using server = await serve();
  const text = `import { HttpUser, runSingleUser, task } from 'tsload';
    export class U extends HttpUser { @task async t() { await this.client.get('/here'); } }
    await runSingleUser(U, { iterations: 2 });
    process.exit(0);`;
  const { code, stdout } = await tsload('', { files: { 'locustfile.ts': text }, env: { LOCUST_HOST: server.url } });
  expect(stdout).toMatch(/^type\tname +\tresp_ms\texception.*\n(GET\t\/here +\t\d+\S*\t.*\n){2}$/);
  expect(code).toBe(0);
});
