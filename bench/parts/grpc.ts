/** Unary calls per second of one core: GrpcUser in a whole run, beside the bare library and h2load. */
import { startServer } from '../children.js';
import { comparison } from '../comparison.js';
import type { Part } from '../measurement.js';
import { grpcPeers } from '../peers/peers.js';
import { alternate, moduleContender, type RoundsOptions } from '../rounds.js';

const concurrency = 50;

export const part: Part = {
  name: `gRPC: unary calls of a few bytes, ${concurrency} users or connections, per second of one core`,
  async measure({ rounds, seconds }) {
    await using server = await startServer('grpcServer.js');
    const options: RoundsOptions = { rounds, seconds, target: { port: server.port, concurrency } };
    const contenders = [
      moduleContender('GrpcUser', 'grpcUser', options),
      moduleContender('grpc-js', 'grpcJs', options),
      ...grpcPeers(options),
    ];
    return comparison(await alternate(contenders, options), 'GrpcUser', { 'grpc-js': { is: 'at least', value: 0.9 } });
  },
};
