import type { Metadata } from '@grpc/grpc-js';
import { RecordedFailure } from '../../events/index.js';
import { type StatusName, stableDetails, statusName } from './status.js';

/**
 * A call ended with a status other than OK. Its failure is in the statistics already: a task that lets it through ends, the
 * user goes on with the next one, and nothing is counted a second time.
 */
export class GrpcError extends RecordedFailure {
  /** `GrpcError UNAVAILABLE`: errors are grouped by name and message. */
  override readonly name: string;
  readonly status: StatusName;

  constructor(
    /** The status by number. */
    readonly code: number,
    /** As received; the message leaves out what differs from call to call. */
    readonly details: string,
    /** `/package.Service/Method`. */
    readonly method: string,
    /** Metadata that came with the status. */
    readonly trailers: Metadata | undefined,
    isRecorded: boolean,
  ) {
    super(stableDetails(details), isRecorded);
    this.status = statusName(code);
    this.name = `GrpcError ${this.status}`;
  }
}
