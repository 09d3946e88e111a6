import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { events } from 'tsload';

/**
 * Without `--host`, starts an example server (a file of this folder) before the first user starts, as a process of its own,
 * once, and makes it the host. The server ends with this process.
 */
export function useExampleServer(file: string): void {
  let url: Promise<string> | undefined;
  events.testStart.addListener(async ({ environment }) => {
    if (environment.host && url === undefined) return;
    url ??= startServer(join(import.meta.dirname, file));
    environment.host = await url;
  });
}

/** Starts a server and returns its URL once it listens. */
async function startServer(path: string): Promise<string> {
  // detached: Ctrl-C is for the test; the server goes when the pipe to its standard input closes, even after a SIGKILL
  const server = spawn(process.execPath, [path, '--until-stdin-ends'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  server.unref();
  for (const pipe of [server.stdin, server.stdout]) if (pipe instanceof Socket) pipe.unref();
  for await (const line of createInterface(server.stdout)) {
    if (line.startsWith('listening on ')) return line.slice('listening on '.length);
  }
  throw new Error(`the example server ${path} ended before it listened`);
}
