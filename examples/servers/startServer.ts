import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { events } from 'tsload';

/**
 * Without `--host`, starts an example server (a file of this folder) before the test, as a process of its own, and makes it the
 * host. The server ends with this process. Of several processes only the master starts one: workers get the host from it.
 */
export function useExampleServer(file: string): void {
  events.init.addListener(async ({ environment }) => {
    const isWorker = environment.parsedOptions['worker'] === true;
    if (!isWorker && !environment.host) environment.host = await startServer(join(import.meta.dirname, file));
  });
}

/** Starts a server and returns its URL once it listens. */
async function startServer(path: string): Promise<string> {
  // detached: Ctrl-C is for the test; the server goes when the pipe to its standard input closes, even after a SIGKILL
  const server = spawn(process.execPath, [path, '--until-stdin-ends'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  for await (const line of createInterface(server.stdout)) {
    if (!line.startsWith('listening on ')) continue;
    // from here on it keeps no test from ending
    server.unref();
    for (const pipe of [server.stdin, server.stdout]) if (pipe instanceof Socket) pipe.unref();
    return line.slice('listening on '.length);
  }
  throw new Error(`the example server ${path} ended before it listened`);
}
