/**
 * Connections. A user has a channel of its own unless its class shares some; a channel that users share is closed when the last
 * of them is over. Channels open when the first call is made.
 */
import type { Channel, ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import { grpcJs } from './lazy.js';

/** What tsload sets where a class's `channelOptions` do not. */
const defaults: ChannelOptions = {
  // else users with equal options would share one connection
  'grpc.use_local_subchannel_pool': 1,
  // what the environment says about proxies is not for a load test, as in HTTP
  'grpc.enable_http_proxy': 0,
  // a target that comes back is called again within about a second instead of up to two minutes
  'grpc.max_reconnect_backoff_ms': 1000,
  // no limit to the size of a received message
  'grpc.max_receive_message_length': -1,
  // no extra DNS query for each connection
  'grpc.service_config_disable_resolution': 1,
  // book-keeping that nobody looks at
  'grpc.enable_channelz': 0,
};

export interface ChannelSettings {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/** A channel that is there when it is asked for. */
export class LazyChannel {
  #channel: Channel | undefined = undefined;
  /** Users that hold it. */
  holders = 0;

  constructor(private readonly settings: ChannelSettings) {}

  get(): Channel {
    if (this.#channel === undefined) {
      const { address, credentials, options } = this.settings;
      this.#channel = new (grpcJs().Channel)(address, credentials, { ...defaults, ...options });
    }
    return this.#channel;
  }

  hold(): this {
    this.holders++;
    return this;
  }

  release(): void {
    this.holders--;
    if (this.holders > 0) return;
    this.#channel?.close();
    this.#channel = undefined;
  }
}

/** The channels of a class that shares `count` of them. A new user gets the one that the fewest hold. */
export class SharedChannels {
  readonly #channels: readonly LazyChannel[];

  constructor(count: number, settings: ChannelSettings) {
    this.#channels = Array.from({ length: count }, () => new LazyChannel(settings));
  }

  hold(): LazyChannel {
    const least = this.#channels.reduce((best, channel) => (channel.holders < best.holders ? channel : best));
    return least.hold();
  }
}
