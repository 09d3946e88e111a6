/**
 * What this process uses of its machine, between two looks.
 */
import { residentBytes } from './residentMemory.js';

export class ProcessUsage {
  #cpu = process.cpuUsage();
  #time = performance.now();

  /** Since the last call. */
  take(): { /** Of one core. */ readonly cpuPercent: number /** Resident. */; readonly memoryBytes: number } {
    const cpu = process.cpuUsage();
    const time = performance.now();
    const micros = cpu.user + cpu.system - this.#cpu.user - this.#cpu.system;
    const cpuPercent = micros / 10 / Math.max(1, time - this.#time);
    this.#cpu = cpu;
    this.#time = time;
    return { cpuPercent, memoryBytes: residentBytes() };
  }
}
