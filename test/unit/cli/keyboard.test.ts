import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { listenToKeys, pressKey } from '../../../src/cli/run/keyboard.js';
import type { RunState } from '../../../src/events/index.js';
import { addLogSink } from '../../../src/log.js';

/** A runner that takes up what it is told at once. */
class Users {
  userCount = 0;
  state: RunState = 'running';
  readonly rates: number[] = [];
  start(userCount: number, spawnRate: number): void {
    this.userCount = userCount;
    this.rates.push(spawnRate);
  }
}

function heard(act: () => void): string[] {
  const lines: string[] = [];
  const stop = addLogSink(({ level, message }) => lines.push(`${level} ${message}`));
  act();
  stop();
  return lines;
}

describe('keys', () => {
  test('[19] w, W, w, s, S change the users to 1, 11, 12, 11, 1, and S at one user to none, at 100 a second', () => {
    const users = new Users();
    const counts = [...'wWwsSSs'].map((key) => {
      pressKey(key, users, false);
      return users.userCount;
    });
    expect(counts).toEqual([1, 11, 12, 11, 1, 0, 0]);
    expect(new Set(users.rates)).toEqual(new Set([100]));
  });

  test('while users are being started a key does nothing but say so', () => {
    const users = new Users();
    users.state = 'spawning';
    expect(heard(() => pressKey('w', users, false))).toEqual([
      'WARNING keys are ignored while users are being started',
    ]);
    expect(users.rates).toEqual([]);
  });

  test('when a shape decides a key does nothing but say so', () => {
    const users = new Users();
    expect(heard(() => pressKey('W', users, true))).toEqual([expect.stringMatching(/^WARNING .* load shape decides/)]);
    expect(users.rates).toEqual([]);
  });

  test('Enter says that there is no page, other keys do nothing', () => {
    const users = new Users();
    expect(heard(() => pressKey('\r', users, false))).toEqual([expect.stringMatching(/^INFO there is no web page/)]);
    expect(heard(() => pressKey('x', users, false))).toEqual([]);
    expect(users.rates).toEqual([]);
  });
});

describe('a terminal', () => {
  class Terminal extends EventEmitter {
    readonly isTTY: boolean = true;
    isRaw = false;
    isPaused = true;
    setRawMode(isRaw: boolean): void {
      this.isRaw = isRaw;
    }
    resume(): void {
      this.isPaused = false;
    }
    pause(): void {
      this.isPaused = true;
    }
  }

  test('is raw while keys are listened to, and as before afterwards', () => {
    const terminal = new Terminal();
    const keys: string[] = [];
    const exitListeners = process.listenerCount('exit');
    const close = listenToKeys(terminal, (key) => keys.push(key));
    expect([terminal.isRaw, terminal.isPaused]).toEqual([true, false]);
    terminal.emit('data', Buffer.from('wW'));
    terminal.emit('data', 's');
    close();
    terminal.emit('data', 'w');
    expect(keys).toEqual(['w', 'W', 's']);
    expect([terminal.isRaw, terminal.isPaused]).toEqual([false, true]);
    expect(process.listenerCount('exit')).toBe(exitListeners);
  });

  test('hands Ctrl+C, Ctrl+Z and Ctrl+\\ over as the signals that they mean', () => {
    const terminal = new Terminal();
    const signals: string[] = [];
    const close = listenToKeys(
      terminal,
      () => {},
      (signal) => signals.push(signal),
    );
    terminal.emit('data', '\u0003\u001a\u001c');
    close();
    expect(signals).toEqual(['SIGINT', 'SIGTSTP', 'SIGQUIT']);
  });

  test('that is none is left alone', () => {
    const pipe = new (class extends Terminal {
      override readonly isTTY = false;
    })();
    listenToKeys(pipe, () => {})();
    expect([pipe.isRaw, pipe.listenerCount('data')]).toEqual([false, 0]);
  });
});
