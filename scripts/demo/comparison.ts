/**
 * The experiment's table: what two runs measured, side by side. Read from the `_stats.csv` of each, so that it shows nothing that
 * is not in the files. Pure.
 */

/** One line of a `_stats.csv`, by column title. */
export type StatsLine = Readonly<Record<string, string>>;

export interface Run {
  /** For example `REST`. */
  readonly label: string;
  /** Content of its `_stats.csv`. */
  readonly statsCsv: string;
}

/** Titles of the table, columns of the file, and decimals of the numbers among them. */
const columns: readonly { readonly title: string; readonly column: string; readonly decimals: number | undefined }[] = [
  { title: 'type', column: 'Type', decimals: undefined },
  { title: 'requests', column: 'Request Count', decimals: 0 },
  { title: 'median', column: '50%', decimals: 2 },
  { title: '95 %', column: '95%', decimals: 2 },
  { title: '99 %', column: '99%', decimals: 2 },
  { title: 'average', column: 'Average Response Time', decimals: 2 },
  { title: 'min', column: 'Min Response Time', decimals: 2 },
  { title: 'max', column: 'Max Response Time', decimals: 2 },
  { title: 'average size', column: 'Average Content Size', decimals: 1 },
  { title: 'failures', column: 'Failure Count', decimals: 0 },
  { title: 'requests/s', column: 'Requests/s', decimals: 1 },
];

/** A row for each request name of each run; times in milliseconds, sizes in bytes. */
export function comparisonTable(runs: readonly Run[]): readonly string[] {
  const rows = runs.flatMap(({ label, statsCsv }) =>
    readStats(statsCsv)
      .filter((line) => line['Name'] !== 'Aggregated')
      .map((line) => [label, ...columns.map(({ column, decimals }) => cell(line[column], decimals))]),
  );
  const table = [['', ...columns.map(({ title }) => title)], ...rows];
  const widths = (table[0] ?? []).map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((text, index) => (index < 2 ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0)))
      .join('  '),
  );
  const [titles = '', ...measured] = lines;
  return [titles, '-'.repeat(titles.length), ...measured];
}

function cell(text: string | undefined, decimals: number | undefined): string {
  if (text === undefined || text === '') return '-';
  const value = Number(text);
  return decimals === undefined || Number.isNaN(value) ? text : value.toFixed(decimals);
}

function readStats(csv: string): readonly StatsLine[] {
  const [titles = [], ...rows] = csv
    .split('\r\n')
    .filter((line) => line !== '')
    .map(readLine);
  return rows.map((row) => Object.fromEntries(titles.map((title, index) => [title, row[index] ?? ''])));
}

/** Fields of a line, quoted or not. */
function readLine(line: string): readonly string[] {
  return Array.from(`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'),
  );
}
