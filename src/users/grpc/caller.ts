import type { Channel, Interceptor } from '@grpc/grpc-js';
import type { Environment } from '../../events/index.js';
import type { Activity } from '../activity.js';
import type { GrpcMetadata } from './callOptions.js';
import type { OpenJudgements } from './openJudgements.js';

/** What a call needs of the user that makes it. */
export interface Caller {
  readonly environment: Environment;
  readonly activity: Activity;
  /** Where calls wait for the test's verdict. */
  judgements(): OpenJudgements;
  /** The class's. */
  readonly interceptors: readonly Interceptor[];
  /** The class's; 0: no limit. */
  readonly timeoutSeconds: number;
  /** Where calls go, for people: `grpc://host:port`. */
  readonly url: string;
  /** The user's, sent with every call. */
  metadata(): GrpcMetadata | undefined;
  context(): Record<string, unknown>;
  /** Opened by the first call. */
  channel(): Channel;
}
