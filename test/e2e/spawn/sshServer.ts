/**
 * A real sshd on loopback: its own host key, its own configuration, a free port; it lets in the user of this process by a key that
 * was made for it. `config` is a configuration for ssh that knows all that, under the host name `loadgen`.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../freePort.js';
import { until } from '../../until.js';
import { folder, program } from '../tsload.js';

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));

/** Why these tests cannot run here; undefined when they can. */
export const noSshServer =
  sshd === undefined
    ? 'there is no sshd on this machine: install openssh-server to run the tests of --spawn ssh://'
    : undefined;

/**
 * OpenSSH 9.8 and later refuse an address for a while after logins that failed and connections that broke, both of which are tested
 * here; earlier ones do not know the setting.
 */
function noPenalties(): readonly string[] {
  const [, major = 0, minor = 0] = /OpenSSH_(\d+)\.(\d+)/.exec(String(spawnSync('ssh', ['-V']).stderr)) ?? [];
  return Number(major) + Number(minor) / 100 >= 9.08 ? ['PerSourcePenalties no'] : [];
}

export interface SshServerOptions {
  /** Further lines of sshd's configuration. */
  readonly lines?: readonly string[];
  /** The PATH leads to this tsload. */
  readonly hasTsload?: boolean;
}

export class SshServer {
  /** Where sessions have their temporary files. */
  readonly temporary: string;
  readonly config: string;
  log = '';
  pid = 0;
  #stop = (): void => {};

  private constructor(
    private readonly directory: string,
    readonly port: number,
  ) {
    this.temporary = join(directory, 'tmp');
    this.config = join(directory, 'ssh_config');
    mkdirSync(this.temporary);
  }

  static async start(options: SshServerOptions = {}): Promise<SshServer> {
    const server = new SshServer(folder(), await freePort());
    server.#makeKeys();
    server.#writeClientConfig();
    server.#run(options);
    await until(() => /Server listening/.test(server.log), { what: () => `sshd to listen: ${server.log}` });
    return server;
  }

  /** Folders of runs on the host. */
  runFolders(): string[] {
    return readdirSync(this.temporary).filter((name) => name.startsWith('tsload-host-'));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** The configuration for ssh with some lines replaced: `{ Port: '1' }`. Returns its path. */
  configWith(name: string, changes: Readonly<Record<string, string>>): string {
    let text = readFileSync(this.config, 'utf8');
    for (const [key, value] of Object.entries(changes)) text = text.replace(new RegExp(`${key} .*`), `${key} ${value}`);
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #makeKeys(): void {
    for (const name of ['hostKey', 'userKey', 'otherKey']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.path(name)]);
    }
    writeFileSync(this.path('authorized'), readFileSync(this.path('userKey.pub')), { mode: 0o600 });
    for (const [file, key] of [
      ['known', 'hostKey'],
      ['changed', 'otherKey'],
    ] as const) {
      const [kind, text] = readFileSync(this.path(`${key}.pub`), 'utf8').split(' ');
      writeFileSync(this.path(file), `[127.0.0.1]:${this.port} ${kind} ${text}\n`);
    }
    writeFileSync(this.path('empty'), '');
    chmodSync(this.directory, 0o700);
  }

  #writeClientConfig(): void {
    const lines = [
      'Host loadgen 127.0.0.1 localhost',
      'HostName 127.0.0.1',
      `Port ${this.port}`,
      `IdentityFile ${this.path('userKey')}`,
      'IdentitiesOnly yes',
      'IdentityAgent none',
      `UserKnownHostsFile ${this.path('known')}`,
      'GlobalKnownHostsFile /dev/null',
      'StrictHostKeyChecking ask',
    ];
    writeFileSync(this.config, `${lines.join('\n')}\n`);
  }

  /** A folder for the PATH, with its separator. */
  #linkTsload(): string {
    mkdirSync(this.path('bin'));
    symlinkSync(program, join(this.path('bin'), 'tsload'));
    return `${this.path('bin')}:`;
  }

  #run({ lines = [], hasTsload = false }: SshServerOptions): void {
    const settings = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${this.path('hostKey')}`,
      `AuthorizedKeysFile ${this.path('authorized')}`,
      `AllowUsers ${userInfo().username}`,
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'MaxStartups 100',
      ...noPenalties(),
      ...lines, // of a setting that is there twice, the first counts
      `SetEnv TMPDIR=${this.temporary} PATH=${hasTsload ? this.#linkTsload() : ''}/usr/bin:/bin`,
    ];
    writeFileSync(this.path('sshd_config'), `${settings.join('\n')}\n`);
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    const child = spawn(sshd ?? '', ['-D', '-e', '-f', this.path('sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk) => {
      this.log += chunk;
    });
    this.pid = child.pid ?? 0;
    this.#stop = () => child.kill();
  }
}
