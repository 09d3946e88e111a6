/**
 * A master and one worker in this process, joined by the memory link.
 */
import { TsloadError } from '../errors.js';
import type { MessageListener, Runner, RunState, StartOptions, StatisticsView } from '../events/index.js';
import type { Environment } from './environment.js';

const notYet = (): never => {
  throw new TsloadError('MISUSE', 'the runner is not built yet');
};

export class LocalRunner implements Runner {
  readonly state: RunState = 'ready';
  readonly userCount: number = 0;
  readonly userClassesCount: Readonly<Record<string, number>> = {};
  readonly targetUserCount: number = 0;
  readonly targetUserClassesCount: Readonly<Record<string, number>> = {};
  readonly spawnRate: number = 0;
  readonly workerIndex = 0;
  readonly workerCount = 1;
  readonly clientId = 'local';
  readonly ended: Promise<void> = Promise.resolve();
  /** CPU was above 90 % at least once in this test. */
  readonly hasCpuWarning: boolean = false;
  /** Something failed that is neither a failed request nor an exception of a task: exit code 2. */
  readonly hasFault: boolean = false;

  constructor(readonly environment: Environment) {}

  get stats(): StatisticsView {
    return this.environment.stats;
  }
  start(_userCount: number, _spawnRate: number, _options?: StartOptions): void {
    notYet();
  }
  startShape(): void {
    notYet();
  }
  /** Resolves when the shape has ended the test or was stopped; at once without a shape. */
  get shapeEnded(): Promise<void> {
    return notYet();
  }
  stop(): Promise<void> {
    return notYet();
  }
  quit(): Promise<void> {
    return notYet();
  }
  resetStats(): void {
    notYet();
  }
  registerMessage(_type: string, _listener: MessageListener, _options?: { readonly concurrent?: boolean }): void {
    notYet();
  }
  sendMessage(_type: string, _data?: unknown, _clientId?: string): void {
    notYet();
  }
}
