/** A run of the suite that never comes to its end: makes a network with a process in it, and a mount. Argument: where. */
import { setInterval } from 'node:timers';
import { Network } from './network.js';
import { command, newName, ownerOf } from './owned.js';
import { launch } from './processes.js';

process.env['CHAOS_OWNER'] = ownerOf(process.pid);
const network = await Network.open();
const host = await network.host('worker0', 10);
const child = launch(host, ['-e', 'setInterval(() => {}, 1000)'], { cwd: '/', env: {} });
await command('mount', '-t', 'tmpfs', '-o', 'size=1m', newName(), process.argv[2] ?? '');
console.log(child.pid);
setInterval(() => {}, 1000);
