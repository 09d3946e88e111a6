/** `tsload proto types FILE...`: writes `item.d.proto.ts` beside each `item.proto`. */
import { parseArgs } from 'node:util';
import { OptionError } from '../../errors.js';
import { type ProtoTypesOptions, writeProtoTypes } from '../../locustfile/index.js';

const help = `Usage: tsload proto types [--int64 MODE] [--proto-path FOLDER]... FILE...

Writes the types of each .proto file beside it: item.d.proto.ts for item.proto. TypeScript reads them for an import of the
.proto file, with "allowArbitraryExtensions" in tsconfig.json.

  --int64 MODE         What 64-bit integers of received messages are: number (default), string or bigint.
  --proto-path FOLDER  Where imports of .proto files are looked up, after the importing file's own folder. Repeatable.
`;
const usage = 'write tsload proto types [--int64 number|string|bigint] [--proto-path FOLDER]... FILE...';

export async function proto(words: readonly string[]): Promise<number> {
  const [command, ...rest] = words;
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  if (command !== 'types') throw new OptionError(`tsload ${['proto', ...words].join(' ')} is not a command: ${usage}`);
  const { files, options } = readWords(rest);
  if (files.length === 0) throw new OptionError(`tsload proto types needs a .proto file: ${usage}`);
  for (const path of writeProtoTypes(files, options)) process.stdout.write(`${path}\n`);
  return 0;
}

function readWords(words: readonly string[]): {
  readonly files: readonly string[];
  readonly options: ProtoTypesOptions;
} {
  const { values, positionals } = parsed(words);
  const { int64 = 'number', 'proto-path': protoPath = [] } = values;
  if (int64 !== 'number' && int64 !== 'string' && int64 !== 'bigint') {
    throw new OptionError(`--int64 must be number, string or bigint but is ${JSON.stringify(int64)}`);
  }
  return { files: positionals, options: { int64, protoPath } };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { int64: { type: 'string' }, 'proto-path': { type: 'string', multiple: true } },
    });
  } catch (cause) {
    throw new OptionError(`${cause instanceof Error ? cause.message : String(cause)}: ${usage}`, { cause });
  }
}
