import { expect, test, vi } from 'vitest';
import { HealthMonitor, isSaturated } from '../../../src/worker/health.js';
import { until } from '../../until.js';

test('the short interval before the first whole second, or after the last, is not judged', () => {
  expect(isSaturated(249, 1, 200)).toBe(false);
  expect(isSaturated(250, 1, 200)).toBe(true);
});

test('a loop that was blocked right after a report is told as late and busy, and an interval tells nothing of the one before', async () => {
  const monitor = new HealthMonitor();
  try {
    monitor.take();
    const [cpu, end] = [process.cpuUsage(), performance.now() + 300];
    while (performance.now() < end);
    const used = process.cpuUsage(cpu);
    await until(() => performance.now() > end + 30);
    const busy = monitor.take();
    expect(busy.loopDelayMillis).toBeGreaterThan(200);
    expect(busy.isSaturated).toBe(true);
    expect(busy.memoryBytes).toBeGreaterThan(1e6);
    expect(busy.cpuPercent).toBeGreaterThan(((used.user + used.system) / 300_000) * 20);
    await until(() => monitor.take().loopDelayMillis < 200);
  } finally {
    monitor.close();
  }
});

test('a system that lets this process open no file more, and so does not tell its memory, keeps no report back', () => {
  const monitor = new HealthMonitor();
  try {
    const before = monitor.take().memoryBytes;
    vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
      throw new Error('EMFILE: too many open files, uv_resident_set_memory');
    });
    expect(monitor.take().memoryBytes).toBe(before);
  } finally {
    vi.restoreAllMocks();
    monitor.close();
  }
});
