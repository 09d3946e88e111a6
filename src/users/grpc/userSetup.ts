/**
 * What all users of one GrpcUser class share: the service and its stub, interceptors, credentials, and the connections if the
 * class shares some. Made by the first user of the class.
 */
import { fileURLToPath } from 'node:url';
import type { ChannelCredentials, Interceptor } from '@grpc/grpc-js';
import { TsloadError } from '../../errors.js';
import type { Caller } from './caller.js';
import { type ChannelSettings, LazyChannel, SharedChannels } from './channels.js';
import { credentialsFor } from './credentials.js';
import { serviceDefinition } from './definition.js';
import type { GrpcUser } from './grpcUser.js';
import { grpcJs } from './lazy.js';
import { readProto } from './protoFile.js';
import { Reflecting } from './reflecting.js';
import type { GrpcService, Int64Mode, ProtoJson } from './service.js';
import { type StubClass, stubClass } from './stub.js';
import type { Target } from './target.js';

type GrpcUserClass = typeof GrpcUser;

const setups = new WeakMap<GrpcUserClass, UserSetup>();

/** Throws `TsloadError` BAD_USER_CLASS and BAD_PROTO. */
export function setupOf(userClass: GrpcUserClass): UserSetup {
  const setup = setups.get(userClass) ?? new UserSetup(userClass);
  setups.set(userClass, setup);
  return setup;
}

export class UserSetup {
  readonly interceptors: readonly Interceptor[];
  readonly timeoutSeconds: number;
  readonly #int64: Int64Mode;
  readonly #reflecting: Reflecting;
  readonly #shared = new Map<string, SharedChannels>();
  readonly #credentials = new Map<boolean, ChannelCredentials>();
  #stub: StubClass | undefined = undefined;

  constructor(private readonly userClass: GrpcUserClass) {
    const { interceptors, timeoutSeconds, service, reflection, int64 } = userClass;
    check(userClass);
    grpcJs(); // for a user that no worker made, as in runSingleUser: not in the middle of its first task
    this.interceptors = interceptors;
    this.timeoutSeconds = timeoutSeconds;
    this.#int64 = int64Mode(int64, service, userClass.name);
    this.#reflecting = new Reflecting(userClass.name, typeof service === 'string' ? service : undefined);
    if (!reflection) this.#stub = this.#stubFrom(...declaredService(userClass));
  }

  /** Undefined until reflection has found the service. */
  get stub(): StubClass | undefined {
    return this.#stub;
  }

  /** Asks the server for the service. */
  async reflect(caller: Caller): Promise<void> {
    const { json, name } = await this.#reflecting.answerFor(caller);
    this.#stub ??= this.#stubFrom(json, name);
  }

  #stubFrom(json: ProtoJson, name: string | undefined): StubClass {
    return stubClass(serviceDefinition(json, name, this.#int64));
  }

  /** A channel for one more user: its own, or one that the class shares. */
  channelFor(target: Target): LazyChannel {
    const { connections } = this.userClass;
    if (connections === undefined) return new LazyChannel(this.#channelSettings(target)).hold();
    const key = `${target.isSecure} ${target.address}`;
    const shared = this.#shared.get(key) ?? new SharedChannels(connections, this.#channelSettings(target));
    this.#shared.set(key, shared);
    return shared.hold();
  }

  #channelSettings(target: Target): ChannelSettings {
    const { authority, tls, channelOptions, credentials } = this.userClass;
    const servername = typeof tls === 'object' ? tls.servername : undefined;
    return {
      address: target.address,
      credentials: credentials ?? this.#credentialsFor(target.isSecure),
      options: {
        ...(authority === undefined ? {} : { 'grpc.default_authority': authority }),
        ...(servername === undefined ? {} : { 'grpc.ssl_target_name_override': servername }),
        ...channelOptions,
      },
    };
  }

  #credentialsFor(isSecure: boolean | undefined): ChannelCredentials {
    const { tls, name } = this.userClass;
    const wantsTls = isSecure ?? (tls !== undefined && tls !== false);
    const known = this.#credentials.get(wantsTls) ?? credentialsFor(wantsTls ? tls || true : false, name);
    this.#credentials.set(wantsTls, known);
    return known;
  }
}

function check({ name, connections, timeoutSeconds, int64, reflection, proto, service }: GrpcUserClass): void {
  if (connections !== undefined && !(Number.isInteger(connections) && connections > 0)) {
    throw bad(`static connections of ${name} must be a whole number above 0 but is ${connections}`);
  }
  if (!(typeof timeoutSeconds === 'number' && timeoutSeconds >= 0)) {
    throw bad(`static timeoutSeconds of ${name} must be a number of seconds, 0 for no limit, but is ${timeoutSeconds}`);
  }
  if (int64 !== undefined && int64 !== 'number' && int64 !== 'string' && int64 !== 'bigint') {
    throw bad(`static int64 of ${name} must be number, string or bigint but is ${String(int64)}`);
  }
  const isImported = typeof service === 'object' && service !== null;
  if ([isImported, proto !== undefined, reflection].filter(Boolean).length > 1) {
    throw bad(`${name} gives its service in two ways: leave one of an imported service, static proto and reflection`);
  }
}

function bad(message: string): TsloadError {
  return new TsloadError('BAD_USER_CLASS', message);
}

/** Types and values must not contradict each other. */
function int64Mode(
  own: Int64Mode | undefined,
  service: GrpcService<unknown> | string | undefined,
  name: string,
): Int64Mode {
  const typed = typeof service === 'object' ? service.int64 : undefined;
  if (own !== undefined && typed !== undefined && own !== typed) {
    throw bad(
      `static int64 of ${name} is ${own}, but its generated types were made for ${typed}: ` +
        `make them anew with tsload proto types --int64 ${own}`,
    );
  }
  return own ?? typed ?? 'number';
}

function declaredService({ name, service, proto, protoPath }: GrpcUserClass): [ProtoJson, string | undefined] {
  if (typeof service === 'object') return [service.proto, service.service];
  if (proto === undefined) {
    throw bad(
      `${name} has no service: set static service to one imported from a .proto file, or static proto, or static reflection`,
    );
  }
  return serviceOf(name, service, isList(proto) ? proto : [proto], protoPath);
}

function serviceOf(
  user: string,
  service: string | undefined,
  paths: readonly (string | URL)[],
  protoPath: readonly string[],
): [ProtoJson, string] {
  const files = paths.map((path) => (path instanceof URL ? fileURLToPath(path) : path));
  const { services, json } = readProto(files, { protoPath });
  const fits = services.filter((name) => service === undefined || name === service || name.endsWith(`.${service}`));
  const [name] = fits;
  if (name !== undefined && fits.length === 1) return [json, name];
  const problem = service === undefined ? `${user} names none of them` : `${user} asks for ${service}`;
  throw new TsloadError(
    'BAD_PROTO',
    `the services of ${files.join(', ')} are: ${services.join(', ') || 'none'}; ${problem}: set static service`,
  );
}

function isList(paths: string | URL | readonly (string | URL)[]): paths is readonly (string | URL)[] {
  return Array.isArray(paths);
}
