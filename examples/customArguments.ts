// Options of the locustfile's own, shown in --help:
//
//   tsload -f examples/customArguments.ts --number 500 --help
import { constant, events, HttpUser, task } from 'tsload';
import { useExampleServer } from './servers/startServer.js';

useExampleServer('restServer.mjs');

events.initCommandLineParser.addListener(({ parser }) => {
  parser.addArgument('--number', { type: 'int', default: 100, help: 'Number to take the factorial of.' });
  parser.addArgument('--api-key', { default: '', envVar: 'API_KEY', isSecret: true, help: 'Sent as x-api-key.' });
});

export class Caller extends HttpUser {
  static override waitTime = constant(0.5);

  @task
  async factorial() {
    const { number, apiKey } = this.environment.parsedOptions;
    await this.client.post('/factorial/', { json: { number }, headers: { 'x-api-key': String(apiKey) } });
  }
}
