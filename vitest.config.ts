import { defineConfig } from 'vitest/config';

/** Tests are lowered as a locustfile is: decorators and `using` do not run on Node 20 as they are written. */
const shared = {
  resolve: { alias: { tsload: new URL('./src/index.ts', import.meta.url).pathname } },
  esbuild: { target: 'es2022' },
};

export default defineConfig({
  test: {
    // Three processes even on a larger machine: tests measure times, and a crowded machine makes those lie. Most of the time they
    // wait for each other's processes, so the third is for the cores that are idle meanwhile.
    maxWorkers: 3,
    // The times below are for tests that hang: several times what any takes on a busy machine.
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          globalSetup: ['test/setup/temporaryFolder.ts'],
          setupFiles: ['test/setup/freshModules.ts'],
          // Files follow each other in three processes: a process for each took nearly twice the processor time.
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/spawn/ssh*.test.ts'],
          globalSetup: ['test/setup/temporaryFolder.ts', 'test/setup/buildDist.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'ssh',
          include: ['test/e2e/spawn/ssh*.test.ts'],
          globalSetup: ['test/setup/temporaryFolder.ts', 'test/setup/buildDist.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          globalSetup: ['test/setup/temporaryFolder.ts', 'test/setup/buildDist.ts', 'test/setup/foreignPeers.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          globalSetup: ['test/setup/chaos.ts', 'test/setup/buildDist.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
