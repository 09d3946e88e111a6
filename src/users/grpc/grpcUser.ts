/** A user that calls a gRPC service. */
import type { ChannelCredentials, ChannelOptions, Interceptor } from '@grpc/grpc-js';
import { TsloadError } from '../../errors.js';
import type { Environment } from '../../events/index.js';
import { User } from '../user.js';
import type { MetadataInit } from './callOptions.js';
import type { TlsOptions } from './credentials.js';
import type { GrpcService, GrpcStub, Int64Mode } from './service.js';

/**
 * Base of users that call a gRPC service through `this.stub`. Where the service comes from is one of:
 *
 * - `static service = MathService`, imported from a `.proto` file: `class MathUser extends GrpcUser<typeof MathService>`;
 * - `static proto = 'path/to/item.proto'` and `static service = 'item.MathService'`;
 * - `static reflection = true` and `static service = 'item.MathService'`: the server is asked.
 */
export class GrpcUser<Service extends GrpcService<unknown> = GrpcService> extends User {
  static override abstract = true;

  /** The service: imported, or its full name. A name may be left out where the file or the server has one service only. */
  static service: GrpcService<unknown> | string | undefined;
  /** One or more .proto files; a relative path starts at the working directory. */
  static proto: string | URL | readonly (string | URL)[] | undefined;
  /** Where `import` lines of .proto files are looked up, after the importing file's own folder. */
  static protoPath: readonly string[] = [];
  /** Asks the server for its services (server reflection v1, else v1alpha). Default false. */
  static reflection = false;
  /** What 64-bit integers of received messages are. Default: what the types were generated for, else `number`. */
  static int64: Int64Mode | undefined;
  /** Connections that all users of this class in one process share. Default: each user has a connection of its own. */
  static connections: number | undefined;
  /** TLS with these options; true: with the defaults. Default: as the host's scheme says, else none. */
  static tls: TlsOptions | boolean | undefined;
  /** grpc-js credentials instead of `tls`. */
  static credentials: ChannelCredentials | undefined;
  /** The `:authority` to send instead of the host's. */
  static authority: string | undefined;
  /** Options of grpc-js channels, over tsload's own defaults. */
  static channelOptions: ChannelOptions = {};
  /** grpc-js interceptors, the first outermost. The measuring stands outside of them all. */
  static interceptors: readonly Interceptor[] = [];
  /** Seconds that a call may take, above 0. Default: no limit. */
  static timeout: number | undefined;

  /** Sent with every call of this user. */
  metadata: MetadataInit | undefined;

  constructor(environment: Environment) {
    super(environment);
    this.metadata = undefined;
  }

  /** The methods of the service, in camelCase. */
  get stub(): GrpcStub<Service> {
    throw new TsloadError('MISUSE', 'not there yet');
  }
}
