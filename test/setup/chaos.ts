/**
 * Before the chaos suite: can this machine do it, and has a run that was killed left something behind? Where it can't, the suite is
 * skipped with a sentence; where CI runs, it fails.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faketimeLibrary } from '../chaos/faketime.js';
import { command, isDead, newName, ownerOf, removeNamespaces, removeThingsOf } from '../chaos/owned.js';

/** Debian's packages with what is needed beside Node. */
const packages = 'iproute2 nftables socat faketime util-linux';

export default async function setup(): Promise<() => void> {
  const reason = await reasonAgainst();
  if (reason !== undefined) {
    if (process.env['CI']) throw new Error(`the chaos suite cannot run here: ${reason}`);
    console.log(`The chaos suite is skipped: ${reason}.`);
    process.env['CHAOS_SKIP'] = reason;
    return () => {};
  }
  const tapless = await reasonAgainstTaps();
  if (tapless !== undefined) {
    console.log(`Tests of bad cables are skipped: there are no taps here (${tapless}).`);
    process.env['CHAOS_NO_TAPS'] = 'yes';
  }
  removeThingsOf(isDead);
  process.env['CHAOS_OWNER'] = ownerOf(process.pid);
  const outer = process.env['TMPDIR'];
  const folder = mkdtempSync(join(tmpdir(), `${process.env['CHAOS_OWNER']}-`));
  process.env['TMPDIR'] = folder;
  return () => {
    if (outer === undefined) Reflect.deleteProperty(process.env, 'TMPDIR');
    else process.env['TMPDIR'] = outer;
    removeThingsOf(({ pid }) => pid === process.pid);
  };
}

async function reasonAgainst(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it needs network namespaces, which Linux has';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces: run it as root';
  const missing = await missingTools();
  if (missing.length > 0) return `${missing.join(', ')} missing: apt-get install -y ${packages}`;
  const name = newName();
  try {
    await command('ip', 'netns', 'add', name);
    await command('ip', '-n', name, 'link', 'add', 'name', 'one', 'type', 'veth', 'peer', 'name', 'two');
    await command('ip', '-n', name, 'link', 'add', 'name', 'three', 'type', 'bridge');
    await command('ip', 'netns', 'exec', name, 'nft', dropping);
    // a mount and a process as the suite has them, too
    await command(
      'setpriv',
      '--pdeathsig',
      'KILL',
      'ip',
      'netns',
      'exec',
      name,
      'mount',
      '-t',
      'tmpfs',
      name,
      tmpdir(),
    );
  } catch (thrown) {
    return `this machine's kernel or sandbox does not let it make its networks (${String(thrown).trim()})`;
  } finally {
    removeNamespaces([name]);
  }
  return undefined;
}

/** As `Host.ignore` does it: a kernel may have tables, and not this. */
const dropping = [
  'add table inet t',
  'add chain inet t input { type filter hook input priority 0 ; }',
  'add rule inet t input ip saddr 10.77.0.1 drop',
].join('; ');

/** The device may be there and not be given to a sandbox. */
async function reasonAgainstTaps(): Promise<string | undefined> {
  const name = newName();
  try {
    await command('ip', 'netns', 'add', name);
    await command('ip', '-n', name, 'tuntap', 'add', 'dev', 'tap0', 'mode', 'tap');
    return undefined;
  } catch (thrown) {
    return String(thrown).trim();
  } finally {
    removeNamespaces([name]);
  }
}

async function missingTools(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const tool of ['ip', 'nft', 'socat', 'setpriv', 'mount']) {
    await command('sh', '-c', `command -v ${tool}`).catch(() => missing.push(tool));
  }
  if (faketimeLibrary() === undefined) missing.push('faketime');
  return missing;
}
