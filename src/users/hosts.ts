/**
 * Whether users of a class could load a host: asked before a run, where a mistake costs nothing yet. Pure.
 */
import { GrpcUser } from './grpc/grpcUser.js';
import { readTarget } from './grpc/target.js';
import { HttpUser } from './http/httpUser.js';
import { maskUrl } from './http/secrets.js';
import { readBaseUrl } from './http/url.js';
import type { UserClass } from './user.js';

/** What is wrong with a host, in a sentence; undefined when nothing is, when there is none, or when the class has no use for it. */
export function hostProblem(userClass: UserClass, host: string | undefined): string | undefined {
  if (host === undefined || host === '') return undefined;
  const subject = `the host of ${userClass.name} is ${JSON.stringify(maskUrl(host))}, which`;
  if (userClass.prototype instanceof HttpUser && readBaseUrl(host) === undefined) {
    return `${subject} is no http:// or https:// URL: give for example http://localhost:8080`;
  }
  if (userClass.prototype instanceof GrpcUser) {
    const target = readTarget(host);
    if (typeof target === 'string') return `${subject} ${target}: give host and port, for example localhost:50051`;
  }
  return undefined;
}
