import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { LocalSpawner } from '../../../src/spawn/localSpawner.js';
import { spawnerContract } from './spawnerContract.js';

const program = fileURLToPath(new URL('./standIn.mjs', import.meta.url));

describe('workers as child processes', () => {
  spawnerContract({
    make: (workers) => new LocalSpawner(workers, { program, nodeOptions: [] }),
    source: (workers) => ['spawn/localSpawner.js', 'LocalSpawner', [workers, { program, orderlyMillis: 1000 }]],
  });
});
