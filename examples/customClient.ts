// Any protocol: a client of your own fires the request event, and its calls count like those of HttpUser.
// Here an echo over TCP, with the server in the same file.
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { constant, events, task, User } from 'tsload';

class EchoClient {
  constructor(private readonly socket: Socket) {}

  /** Sends a line and waits for it to come back. `measure` times the block; what it throws becomes the failure. */
  async echo(text: string): Promise<void> {
    await events.request.measure('tcp', 'echo', async (sample) => {
      this.socket.write(`${text}\n`);
      const [answer] = await once(this.socket, 'data');
      sample.responseLength = answer.length;
      if (answer.toString() !== `${text}\n`) throw new Error(`sent ${text}, got ${answer}`);
    });
  }
}

export class EchoUser extends User {
  static override waitTime = constant(0.2);
  client: EchoClient | undefined;
  #socket: Socket | undefined;

  override async onStart() {
    const [host = 'localhost', port = '7'] = (this.host ?? '').split(':');
    this.#socket = createConnection(Number(port), host);
    await once(this.#socket, 'connect');
    this.client = new EchoClient(this.#socket);
  }

  override onStop() {
    this.#socket?.destroy();
  }

  @task
  async hello() {
    await this.client?.echo('hello');
  }
}

events.init.addListener(async ({ environment }) => {
  if (environment.host) return;
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const address = server.address();
  if (address !== null && typeof address === 'object') environment.host = `127.0.0.1:${address.port}`;
});
