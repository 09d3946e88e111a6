// Listeners that write two files of their own beside what tsload writes, into the folder that the test runs in:
//
//   locust_results.csv   Time (s),RPS,Avg Response Time (ms),Failure Count: a row for each second
//   response_time.csv    the time of each request in milliseconds, a line each
//
// Each worker of a test on several processes writes its own: locust_results_0.csv, response_time_0.csv, and so on.
// restUser.ts and grpcUser.ts use it.
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { events } from 'tsload';

/** From now on, every test writes the two files. Those of an earlier test are replaced. */
export function writeTimeSeries(): void {
  let series: TimeSeries | undefined;
  events.testStart.addListener(({ environment: { parsedOptions, runner } }) => {
    const index = runner?.workerIndex ?? 0;
    if (index < 0) return; // a master: the users are on its workers
    series = new TimeSeries(parsedOptions['worker'] === true ? `_${index}` : '');
  });
  events.request.addListener(({ responseTime, exception }) => {
    if (responseTime !== null) series?.add(responseTime, exception !== undefined);
  });
  events.testStop.addListener(async () => {
    await series?.end();
    series = undefined;
  });
}

/** One test. Numbers are gathered in memory and written once a second, so a request costs next to nothing. */
class TimeSeries {
  readonly #perSecond: WriteStream;
  readonly #perRequest: WriteStream;
  readonly #timer: NodeJS.Timeout;
  #seconds = 0;
  #times: number[] = [];
  #failures = 0;

  constructor(suffix: string) {
    this.#perSecond = createWriteStream(`locust_results${suffix}.csv`);
    this.#perRequest = createWriteStream(`response_time${suffix}.csv`);
    for (const file of [this.#perSecond, this.#perRequest]) {
      file.on('error', (error) => console.error(`time series: ${error.message}`));
    }
    this.#perSecond.write('Time (s),RPS,Avg Response Time (ms),Failure Count\n');
    this.#timer = setInterval(() => this.#writeSecond(), 1000);
  }

  add(milliseconds: number, isFailure: boolean): void {
    this.#times.push(milliseconds);
    if (isFailure) this.#failures++;
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#times.length > 0) this.#writeSecond();
    await Promise.all([ended(this.#perSecond), ended(this.#perRequest)]);
  }

  #writeSecond(): void {
    const times = this.#times;
    const sum = times.reduce((total, time) => total + time, 0);
    const average = times.length === 0 ? 0 : sum / times.length;
    this.#seconds++;
    this.#perSecond.write(`${this.#seconds},${times.length},${average.toFixed(2)},${this.#failures}\n`);
    this.#perRequest.write(times.map((time) => `${time.toFixed(3)}\n`).join(''));
    this.#times = [];
    this.#failures = 0;
  }
}

/** Waits until everything is on disk; an error was told already. */
async function ended(file: WriteStream): Promise<void> {
  file.end();
  await finished(file).catch(() => undefined);
}
