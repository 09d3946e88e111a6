/**
 * `this.stub`: an object with a function for each method. The functions of a class's users are shared; what is a user's own is
 * the caller behind them.
 */
import { TsloadError } from '../../errors.js';
import type { Caller } from './caller.js';
import { checkedOptions } from './callOptions.js';
import { ClientStreamCall } from './clientStreamCall.js';
import type { MethodDefinition, ServiceDefinition } from './definition.js';
import type { AnyOptions } from './measuredCall.js';
import { StreamCall } from './streamCall.js';
import { MessageSink, MessageStream } from './streams.js';
import { UnaryCall } from './unaryCall.js';
import type { AnySource } from './writingCall.js';

/** The stubs of one service, one object for each user. */
export type StubClass = new (caller: Caller) => object;

export function stubClass(service: ServiceDefinition): StubClass {
  class Stub {
    readonly #caller: Caller;

    constructor(caller: Caller) {
      this.#caller = caller;
    }

    static begin(stub: Stub, method: MethodDefinition, request: unknown, options: AnyOptions | undefined): unknown {
      return beginCall(stub.#caller, method, request, options);
    }
  }
  Object.setPrototypeOf(Stub.prototype, unknownMethods(service));
  for (const method of service.methods.values()) {
    const value = function (this: Stub, request?: unknown, options?: AnyOptions): unknown {
      return Stub.begin(this, method, request, options);
    };
    Object.defineProperty(Stub.prototype, method.name, { value });
  }
  return Stub;
}

/** Begins a call: a promise, a stream, or a sink, by the method's kind. */
export function beginCall(caller: Caller, method: MethodDefinition, request: unknown, options?: AnyOptions): unknown {
  const checked = checkedOptions(options, method.path);
  switch (method.kind) {
    case 'unary':
      return UnaryCall.start(caller, method, request, checked);
    case 'clientStream':
      return beginClientStream(new ClientStreamCall(caller, method, checked), sourceOf(request, method));
    case 'serverStream': {
      const call = new StreamCall(caller, method, checked);
      call.startReading(request);
      return new MessageStream(call);
    }
    case 'bidi': {
      const call = new StreamCall(caller, method, checked);
      call.startWriting(sourceOf(request, method));
      return new MessageStream(call);
    }
  }
}

function beginClientStream(call: ClientStreamCall, source: AnySource | undefined): unknown {
  call.startWriting(source);
  return source === undefined ? new MessageSink(call) : call.promise;
}

function sourceOf(messages: unknown, method: MethodDefinition): AnySource | undefined {
  if (messages === undefined || messages === null) return undefined;
  if (isSource(messages)) return messages;
  throw new TsloadError(
    'BAD_REQUEST',
    `${method.path} takes a stream of messages but got one value: give an array, a generator, or nothing and write them`,
  );
}

function isSource(value: unknown): value is AnySource {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

/** Stands behind the methods: whatever is looked up here is no method. `then` is looked up by every await. */
function unknownMethods(service: ServiceDefinition): object {
  return new Proxy(Object.create(null), {
    get(_, name) {
      if (typeof name === 'symbol' || name === 'then' || name === 'toJSON' || name in Object.prototype)
        return undefined;
      throw new TsloadError('BAD_REQUEST', unknownMethod(service, name));
    },
  });
}

export function unknownMethod(service: ServiceDefinition, name: string): string {
  const known = [...service.methods.keys()];
  const list = known.length === 0 ? 'it has none' : `its methods are ${known.slice(0, 30).join(', ')}`;
  const more = known.length > 30 ? ` and ${known.length - 30} more` : '';
  const close = known.find((method) => method.toLowerCase() === name.toLowerCase());
  const hint = close === undefined ? '' : ` (did you mean ${close}?)`;
  return `the service ${service.name} has no method ${name}${hint}: ${list}${more}`;
}
