// How an example server begins and ends.

/** The port to listen on: `--port N`, or any free one. */
export function portWanted() {
  const index = process.argv.indexOf('--port');
  return index < 0 ? 0 : Number(process.argv[index + 1]);
}

/**
 * Says where the server listens, in the line that startServer.ts reads. With `--until-stdin-ends` the server ends when the
 * process that started it is gone: its pipe closes then, however it went.
 *
 * @param {string} url
 */
export function announce(url) {
  console.log(`listening on ${url}`);
  if (!process.argv.includes('--until-stdin-ends')) return;
  process.stdin.on('close', () => process.exit(0));
  process.stdin.resume();
}
