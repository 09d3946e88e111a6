/**
 * The rooms of src/ and who may import whom, as data. docs/architecture.md explains them; `checkImports.ts` applies them.
 */

/** Rooms from the bottom up. A room may import the doors of rooms in lower layers, none of its own layer or above. */
export const layers: readonly (readonly string[])[] = [
  ['events'],
  ['users', 'stats'],
  ['link', 'locustfile'],
  ['worker', 'master'],
  ['environment', 'spawn', 'reports', 'web'],
  ['cli'],
];

/** Arrows that would point down and are forbidden all the same, each with its reason. */
export const forbiddenArrows: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  { from: 'master', to: 'users', why: 'the master knows user classes as names, weights and fixed counts only' },
  { from: 'master', to: 'locustfile', why: 'the master is handed what it needs from the locustfile' },
];

/** Files directly in src/ that every room may import. They import no room. */
export const groundFiles: readonly string[] = [
  'address.ts',
  'errors.ts',
  'clock.ts',
  'log.ts',
  'traceback.ts',
  'folders.ts',
  'openFiles.ts',
  'token.ts',
  'version.ts',
];

/** Rooms that may import src/index.ts: the command line hands it to the locustfile as what `import 'tsload'` means. */
export const indexReaders: readonly string[] = ['cli'];

/** Packages that only one folder of src/ may import, so that what does not need them never loads them. */
export const packageHomes: { readonly [packageName: string]: readonly string[] } = {
  undici: ['users/http'],
  '@grpc/grpc-js': ['users/grpc'],
  '@grpc/proto-loader': ['users/grpc'],
  protobufjs: ['users/grpc'],
  esbuild: ['locustfile'],
  yargs: ['cli'],
  'yargs-parser': ['cli'],
  ws: ['link', 'web'],
  msgpackr: ['link', 'locustfile', 'master'],
  zeromq: ['link/locust'],
};

/** A folder of this name is where things go that belong nowhere. */
export const forbiddenFolders: readonly string[] = ['utils', 'util', 'helpers', 'common', 'shared', 'misc', 'lib'];
