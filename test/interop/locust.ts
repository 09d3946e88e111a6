/**
 * Locust's masters and workers, and boomer's workers, as processes of their own.
 */
import { spawn } from 'node:child_process';
import { folder, Run, type RunOptions } from '../e2e/tsload.js';
import { boomerProgram, locustProgram, pythonProgram } from './foreignPeers.js';

/** Starts Locust. `line`: its arguments, separated by blanks, or as a list. */
export function startLocust(line: string | readonly string[], options: RunOptions = {}): Run {
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  return startProgram(locustProgram, words, options);
}

/** A Locust master that misses a worker after so many seconds without a heartbeat, instead of three. */
export function startPatientLocust(seconds: number, line: string, options: RunOptions = {}): Run {
  const code = `import locust.runners as r; r.HEARTBEAT_LIVENESS = ${seconds}; from locust.main import main; main()`;
  return startProgram(pythonProgram, ['-c', code, ...line.split(' ').filter((word) => word !== '')], options);
}

/** A Locust worker of the master at this port of this machine. */
export function startLocustWorker(port: number, line: string, options: RunOptions = {}): Run {
  return startLocust(`--worker --master-host 127.0.0.1 --master-port ${port} ${line}`, options);
}

/** A Locust worker that says that it is of another version than it is. */
export function startOtherLocustWorker(version: string, port: number, line: string, options: RunOptions = {}): Run {
  const code = `import sys, locust.runners as r; r.__version__ = ${JSON.stringify(version)}; from locust.main import main; main()`;
  const words = ['-c', code, '--worker', '--master-host', '127.0.0.1', '--master-port', String(port)];
  return startProgram(pythonProgram, [...words, ...line.split(' ')], options);
}

/** A boomer worker, whose users ask `target` for `/boomer`, each every 50 ms. */
export function startBoomer(port: number, target: string, options: RunOptions = {}): Run {
  const words = ['--port', String(port)];
  return startProgram(boomerProgram, words, { ...options, env: { ...options.env, TARGET: target } });
}

function startProgram(program: string, words: readonly string[], options: RunOptions): Run {
  const cwd = options.cwd ?? folder(options.files);
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TSLOAD|LOCUST|VITEST|NODE_OPTIONS)/.test(name));
  const env = { ...Object.fromEntries(inherited), HOME: cwd, PYTHONUNBUFFERED: '1', ...options.env };
  return new Run(spawn(program, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }), cwd);
}
