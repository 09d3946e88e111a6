// A program that stands in for `tsload --worker --supervised`: same bootstrap, and beyond that it does what its words say.
import { writeSync } from 'node:fs';
import { createConnection } from 'node:net';

const [, , ...words] = process.argv;
const root = new URL('../../../', import.meta.url);
const { superviseSelf } = await import(new URL('dist/spawn/index.js', root).href);

const value = (/** @type {string} */ name) => words[words.indexOf(name) + 1];
const has = (/** @type {string} */ name) => words.includes(name);
const say = (/** @type {string} */ text) => console.log(text);

const handover = superviseSelf();
if (has('--spin-at-once')) {
  writeSync(1, 'spinning\n');
  spin();
}
const { secrets, identity } = await handover;

process.on('SIGTERM', () => {
  if (has('--ignore-stop')) return;
  process.stdout.write('ended in good order', () => process.exit(0));
});
process.on('SIGINT', () => say('got SIGINT'));

if (has('--say-words')) say(`words ${JSON.stringify(words)}`);
if (has('--say-secret-length')) say(`secret of ${secrets.token.length} characters`);
if (has('--say-identity')) say(`identity ${identity}`);
if (has('--say-pid')) say(`pid ${process.pid}`);
if (has('--say-folders')) say(`folders ${process.env['TMPDIR']} ${process.env['XDG_CACHE_HOME']}`);
if (has('--complain')) console.error('on the error output');
if (has('--call-master')) callMaster();
if (has('--lines')) await sayLines(Number(value('--lines')));
if (has('--huge')) process.stdout.write(`${'x'.repeat(Number(value('--huge')))}\nafter it\n`);
if (has('--garbage')) process.stdout.write(Buffer.from([0, 1, 0xff, 0xfe, 0x1b, 0x80, 7, 8, 0x0d, 0x0a, 0xc3]));
if (has('--exit')) process.stdout.write('last words', () => process.exit(Number(value('--exit'))));
if (has('--kill')) process.kill(process.pid, /** @type {NodeJS.Signals} */ (value('--kill')));
if (has('--spin')) process.stdout.write('spinning\n', spin);
setInterval(() => {}, 1000);

function spin() {
  for (;;);
}

function callMaster() {
  const socket = createConnection({ host: value('--master-host'), port: Number(value('--master-port')) });
  socket.on('error', (error) => say(`no master: ${error.message}`));
  socket.on('connect', () => socket.write(`${secrets.token} ${process.pid}\n`));
}

/** @param {number} rate As many a second. */
async function sayLines(rate) {
  for (let line = 0; ; line++) {
    say(`line ${line}`);
    if (line % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10_000 / rate));
  }
}
