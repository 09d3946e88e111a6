/**
 * A gRPC server that answers every unary call with the same message, as a process of its own, so that the client is what is
 * measured.
 *
 * It reads frame headers only (RFC 9113): no header is decoded, and each answer is the same bytes with another stream id. Not
 * a gRPC server for anything else. Sends its port to its parent.
 */
import { createServer, type Socket } from 'node:net';

const frame = { data: 0, headers: 1, settings: 4, ping: 6, windowUpdate: 8 } as const;
const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const;
const prefaceBytes = 24;
const frameHeaderBytes = 9;
/** The other side may send this much more; renewed when half of it is used. */
const windowBytes = 1 << 30;

function frameOf(type: number, flags: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  return Buffer.concat([header, payload]);
}

/** A header field as a literal with a new name, which changes no table on either side. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

/** `result = 1; time_taken = 0.5`, with the five bytes that gRPC puts before a message. */
const message = Buffer.from([0, 0, 0, 0, 7, 0x08, 0x01, 0x15, 0, 0, 0, 0x3f]);
const statusOk = Buffer.from([0x88]);
const parts = [
  frameOf(frame.headers, flag.endHeaders, Buffer.concat([statusOk, literal('content-type', 'application/grpc')])),
  frameOf(frame.data, 0, message),
  frameOf(frame.headers, flag.endHeaders | flag.endStream, literal('grpc-status', '0')),
];
const answer = Buffer.concat(parts);
const streamIdOffsets = parts.map((_, i) => parts.slice(0, i).reduce((sum, { length }) => sum + length, 5));

function answerTo(streamId: number): Buffer {
  const copy = Buffer.from(answer);
  for (const offset of streamIdOffsets) copy.writeUInt32BE(streamId, offset);
  return copy;
}

function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frameOf(frame.windowUpdate, 0, payload);
}

class Connection {
  #pending: Buffer = Buffer.alloc(0);
  #isGreeted = false;
  #unrenewedBytes = 0;

  constructor(private readonly socket: Socket) {
    socket.write(Buffer.concat([frameOf(frame.settings, 0, Buffer.alloc(0)), windowUpdate(windowBytes)]));
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
  }

  #read(chunk: Buffer): void {
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    if (!this.#isGreeted && bytes.length >= prefaceBytes) {
      this.#isGreeted = true;
      bytes = bytes.subarray(prefaceBytes);
    }
    const answers: Buffer[] = [];
    while (this.#isGreeted && bytes.length >= frameHeaderBytes) {
      const end = frameHeaderBytes + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      this.#answer(bytes.subarray(0, end), answers);
      bytes = bytes.subarray(end);
    }
    this.#pending = bytes;
    if (answers.length > 0) this.socket.write(answers.length === 1 ? answers[0]! : Buffer.concat(answers));
  }

  #answer(bytes: Buffer, answers: Buffer[]): void {
    const [type, flags] = [bytes[3]!, bytes[4]!];
    const streamId = bytes.readUInt32BE(5);
    if (type === frame.data) this.#renewWindow(bytes.length, answers);
    if ((type === frame.data || type === frame.headers) && flags & flag.endStream) answers.push(answerTo(streamId));
    if (type === frame.settings && !(flags & flag.ack)) answers.push(frameOf(type, flag.ack, Buffer.alloc(0)));
    if (type === frame.ping && !(flags & flag.ack))
      answers.push(frameOf(type, flag.ack, bytes.subarray(frameHeaderBytes)));
  }

  #renewWindow(bytes: number, answers: Buffer[]): void {
    this.#unrenewedBytes += bytes;
    if (this.#unrenewedBytes < windowBytes / 2) return;
    answers.push(windowUpdate(this.#unrenewedBytes));
    this.#unrenewedBytes = 0;
  }
}

const server = createServer({ noDelay: true }, (socket) => new Connection(socket));
server.listen(0, '127.0.0.1', 16_384, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
});
process.on('disconnect', () => process.exit());
