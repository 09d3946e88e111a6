/** A user that calls a gRPC service. */
import type { Channel, ChannelCredentials, ChannelOptions, Interceptor } from '@grpc/grpc-js';
import { TsloadError } from '../../errors.js';
import type { Environment } from '../../events/index.js';
import { BadSetup } from '../controlExceptions.js';
import { maskUrl } from '../http/secrets.js';
import { User } from '../user.js';
import { preloadKey, prepareKey, releaseKey } from '../userLife.js';
import type { Caller } from './caller.js';
import type { GrpcMetadata } from './callOptions.js';
import type { LazyChannel } from './channels.js';
import type { GrpcTlsOptions } from './credentials.js';
import { grpcJs, protobuf } from './lazy.js';
import { OpenJudgements } from './openJudgements.js';
import type { GrpcService, GrpcStub, Int64Mode } from './service.js';
import { readTarget, type Target } from './target.js';
import { setupOf, type UserSetup } from './userSetup.js';

/**
 * A user that loads a gRPC service through `this.stub`, over a connection of its own. It needs a host. Its service is given in
 * one of three ways:
 *
 * - `static service = MathService`, imported from a `.proto` file: `class MathUser extends GrpcUser<typeof MathService>`;
 * - `static proto = 'path/to/item.proto'`, and `static service = 'item.MathService'` where the file has more than one;
 * - `static reflection = true`, and `static service` likewise: the server is asked before the first user starts.
 */
export class GrpcUser<Service extends GrpcService<unknown> = GrpcService> extends User {
  static override abstract = true;

  /** The service: imported, or its name. A name may be left out where the file or the server has one service only. */
  static service: GrpcService<unknown> | string | undefined = undefined;
  /** One or more .proto files; a relative path starts at the working directory. */
  static proto: string | URL | readonly (string | URL)[] | undefined = undefined;
  /** Where `import` lines of `static proto` are looked up, after the importing file's own folder. */
  static protoPath: readonly string[] = [];
  /** Ask the server for its services (server reflection v1, else v1alpha). Default false. */
  static reflection = false;
  /** What 64-bit integers of received messages are. Default: what the types were made for, else `number`. */
  static int64: Int64Mode | undefined = undefined;
  /** So many connections, shared by all users of this class in one process. Default: each user has its own. */
  static connections: number | undefined = undefined;
  /** TLS with these options; true: with the defaults. Default: by the host's scheme, and none without one. */
  static tls: GrpcTlsOptions | boolean | undefined = undefined;
  /** grpc-js credentials of your own, in place of `tls`. */
  static credentials: ChannelCredentials | undefined = undefined;
  /** The `:authority` to send in place of the host's. */
  static authority: string | undefined = undefined;
  /** Options of grpc-js channels, over tsload's own defaults. */
  static channelOptions: ChannelOptions = {};
  /** grpc-js client interceptors, the first outermost. What they do before the first attempt is not in the time. */
  static interceptors: readonly Interceptor[] = [];
  /** Seconds that a call may take. 0, the default: no limit. A call can set its own. */
  static timeoutSeconds = 0;

  static override [preloadKey](): void {
    grpcJs();
    protobuf();
  }

  /** Sent with every call of this user. */
  metadata: GrpcMetadata | undefined = undefined;

  readonly #setup: UserSetup;
  readonly #target: Target;
  #channel: LazyChannel | undefined = undefined;
  #judgements: OpenJudgements | undefined = undefined;
  #stub: GrpcStub<Service> | undefined = undefined;

  /** Throws `StopTest` when there is no host to load or none that gRPC can, `TsloadError` for a class that cannot run. */
  constructor(environment: Environment) {
    super(environment);
    const userClass = this.constructor as typeof GrpcUser;
    this.#setup = setupOf(userClass);
    this.#target = targetOf(this.host, userClass);
  }

  /** The methods of the service, in camelCase. */
  get stub(): GrpcStub<Service> {
    this.#stub ??= this.#makeStub();
    return this.#stub;
  }

  override [prepareKey](): Promise<void> | undefined {
    return this.#setup.stub === undefined ? this.#setup.reflect(this.#caller()) : undefined;
  }

  override [releaseKey](): void {
    this.#judgements?.close();
    this.#channel?.release();
    this.#channel = undefined;
  }

  #makeStub(): GrpcStub<Service> {
    const { stub } = this.#setup;
    if (stub === undefined) {
      throw new TsloadError(
        'MISUSE',
        `the service of ${this.constructor.name} is not known before the user has started: use this.stub in onStart or a task`,
      );
    }
    return new stub(this.#caller()) as GrpcStub<Service>; // the service itself is what its type was made from
  }

  #caller(): Caller {
    const { environment, activity } = this;
    const { interceptors, timeoutSeconds } = this.#setup;
    return {
      environment,
      activity,
      judgements: () => this.#openJudgements(),
      interceptors,
      timeoutSeconds,
      url: this.#target.url,
      metadata: () => this.metadata,
      context: () => this.context(),
      channel: () => this.#openChannel(),
    };
  }

  #openJudgements(): OpenJudgements {
    this.#judgements ??= new OpenJudgements();
    return this.#judgements;
  }

  #openChannel(): Channel {
    this.#channel ??= this.#setup.channelFor(this.#target);
    return this.#channel.get();
  }
}

function targetOf(host: string | undefined, { name, tls }: typeof GrpcUser): Target {
  if (host === undefined || host === '') {
    throw new BadSetup(
      `${name} has no host: give host:port with --host, as static host of the class, or as the environment's host`,
    );
  }
  const target = readTarget(host);
  if (typeof target === 'string') {
    throw new BadSetup(
      `the host of ${name} is ${JSON.stringify(maskUrl(host))}, which ${target}: give host and port, for example localhost:50051`,
    );
  }
  if (target.isSecure === false && tls) {
    throw new BadSetup(
      `the host of ${name} is ${JSON.stringify(maskUrl(host))}, which is without TLS, but the class has static tls: write host:port or grpcs://`,
    );
  }
  return target;
}
