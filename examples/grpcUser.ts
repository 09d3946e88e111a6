// The gRPC side of the experiment: each user asks for the factorial of 10000 every one to two seconds.
//
//   tsload -f examples/grpcUser.ts --headless -u 100 -r 10 -t 3m --csv out/grpc
//
// With --host it loads that server; without, it starts its own (servers/grpcServer.mjs).
import { between, GrpcUser, task } from 'tsload';
import { MathService } from '../proto/item.proto';
import { writeTimeSeries } from './csvTimeSeries.js';
import { useExampleServer } from './servers/startServer.js';

useExampleServer('grpcServer.mjs');
writeTimeSeries();

export class MathUser extends GrpcUser<typeof MathService> {
  static override service = MathService;
  static override waitTime = between(1, 2);

  @task
  async factorial() {
    await this.stub.calculateFactorial({ number: 10_000 });
  }
}
