/** Builds dist once before the end-to-end tests, so that they never run what an earlier checkout has left there. */
import { execFileSync } from 'node:child_process';

export default function buildDist(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
}
