// item.MathService/CalculateFactorial: the factorial modulo 100000007, and the seconds spent.
// By hand: node examples/servers/grpcServer.mjs --port 50051
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { factorial, isAllowed, largestNumber } from './factorial.mjs';
import { announce, portWanted } from './lifetime.mjs';

const proto = fileURLToPath(new URL('../../proto/item.proto', import.meta.url));
const service = loadSync(proto, { keepCase: true })['item.MathService'];
if (service === undefined || 'format' in service) throw new Error(`${proto} has no service item.MathService`);

/**
 * @param {grpc.ServerUnaryCall<{ number?: number }, { result: number, time_taken: number }>} call
 * @param {grpc.sendUnaryData<{ result: number, time_taken: number }>} callback
 */
function calculateFactorial(call, callback) {
  const number = call.request.number ?? 0;
  if (!isAllowed(number)) {
    callback({ code: grpc.status.INVALID_ARGUMENT, details: `number must be from 0 to ${largestNumber}` });
    return;
  }
  const { result, secondsTaken } = factorial(number);
  callback(null, { result, time_taken: secondsTaken });
}

const server = new grpc.Server();
server.addService(service, { CalculateFactorial: calculateFactorial });
server.bindAsync(`127.0.0.1:${portWanted()}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  announce(`grpc://127.0.0.1:${port}`);
});
