/** Installs Locust and builds boomer, before the tests that run against them. */
import { buildBoomer, installLocust } from '../interop/foreignPeers.js';

export default function foreignPeers(): void {
  installLocust();
  buildBoomer();
}
