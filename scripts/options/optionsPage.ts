/**
 * docs/options.md, made from the table. `npx vitest run test/unit/cli/optionsPage.test.ts -u` writes it anew.
 */
import type { AnySpec } from '../../src/cli/options/arguments.js';
import { optionGroups } from '../../src/cli/options/optionSpec.js';
import { optionList } from '../../src/cli/options/optionTable.js';
import { variablesOf } from '../../src/cli/options/variables.js';

const introduction = `# Options

What \`tsload\` takes on its command line, in the environment and in configuration files. \`tsload --help\` shows the same, and the
options that your locustfile adds.

\`\`\`sh
tsload -f shop.ts -H https://shop.example --headless -u 100 -r 10 -t 3m --csv out/shop
\`\`\`

## Where options come from

From the lowest rank to the highest; for each option the highest that gives it counts:

1. defaults
2. \`~/.tsload.conf\`
3. \`tsload.conf\` in the folder
4. \`package.json\`, key \`tsload\`
5. the file of \`--config FILE\`
6. environment variables: \`TSLOAD_USERS\`, and Locust's \`LOCUST_USERS\` where ours is not set
7. the command line

Workers that tsload starts (\`--processes\`, \`--spawn\`) take master, worker and cluster options from none of 2 to 6: whoever starts them tells them.

The key in a file is the option's long name. \`.conf\` files have one setting a line:

\`\`\`ini
# comments start with # or ;
host = https://shop.example
users: 100
run-time 3m        # a blank will do
tags = [read, "check out"]
headless
\`\`\`

TOML files (\`--config load.toml\`) have the section \`[tool.tsload]\`; Locust's \`[tool.locust]\` is read too, and ranks below. In
\`package.json\` keys may also be written \`runTime\`. Locust's own files can be given to \`--config\` as they are, as
long as they have none of the [options of later versions](#options-of-later-versions).

## How values are written

| value | how |
| --- | --- |
| time span | seconds, or whole hours, minutes and seconds in this order: \`300\`, \`300s\`, \`20m\`, \`3h\`, \`1h30m\`. Not \`1.5m\`, \`5d\`, \`1H\` |
| flag | on the command line the name alone (\`--headless\`, or \`--headless=false\`); elsewhere \`true\`, \`yes\`, \`on\`, \`1\` or \`false\`, \`no\`, \`off\`, \`0\` |
| list | on the command line all words up to the next option: \`--tags a b\`. So name user classes first, or after \`--\`. Elsewhere \`[a, b]\`; any other text is one element |
| long names | may be shortened as long as they are clear: \`--run 5m\` |
| short names | may touch their value: \`-t10m\` |
| user classes | \`tsload -f shop.ts Buyer Reader\`: in one place. Environment: \`TSLOAD_USER_CLASSES\`, separated by blanks, where the command line names none |
`;

const afterTables = `## Options of later versions

These are known and refused with a sentence, so that a command which needs them does not run as something else:

`;

const ending = `
\`--web-auth\`, \`--legacy-ui\`, \`--slave\` and \`--expect-slaves\`, which Locust has removed, are refused with what came instead.

## Exit codes

| code | when |
| --- | --- |
| \`environment.processExitCode\` | a listener or task has set it before \`quitting\` listeners were done; it wins over all below |
| 3 | results are missing in an output file, because the disk was full for example |
| \`--exit-code-on-error\`, 1 | a request failed, or a task threw |
| 2 | a listener threw, here or on a worker, a part of tsload failed, or all workers were gone before the test was over; or, before a run: an option is wrong |
| 1 | the run could not start: a signal while a master waits for workers, locustfile missing or broken, no or unknown user class, a listener of \`init\` threw, an output can't be written; or a user class has no host |
| 255 | \`--config-users\` names a class or task that does not exist |
| 128 + n | a signal before the run began, or a third one while it ended |
| 0 | otherwise |

## Signals and keys

SIGINT (Ctrl+C), SIGTERM and SIGHUP end the test in good order: users are stopped within the stop timeout, files are written,
tables printed, and the exit code is as above. A second signal does not wait for users any longer; tables, files and code are the
same. A third one ends the process at once; a master lets its workers go even then, unless its run has a journal, with which another master can
go on. On a terminal \`w\` and \`W\` start 1 and 10 more users, \`s\` and \`S\` stop 1 and 10, at 100 a second; not while users are being
started, and not when a load shape decides.

Of several processes the master has the keys, and a signal to it ends all of them. A worker that gets one leaves: its users are stopped, all
that it measured is reported, and the master goes on with the others.

\`--list\`, \`--show-task-ratio\` and \`--show-task-ratio-json\` join no master: with \`--worker\` they are about the locustfile that this worker would run,
so without \`-f\` about that of its master.

## Differences from Locust

- There is no web page yet, so a run without \`--headless\` starts at once and says so in one line.
- \`-f\` may be given several times.
- \`--help\` shows custom options, and loads the locustfile for that.
- SIGTERM and SIGHUP do all that SIGINT does. A second SIGINT does not skip the tables.
- Users are stopped before \`quitting\` listeners are called and before the exit code is decided: both see the whole run.
- \`--json\` and \`--json-file\` can be used together, and with tables. \`--users\` can't be negative.
- \`--skip-log-setup\` leaves warnings and errors, bare, as Python does.
- \`--warmup\`, \`--iterations\`, \`--seed\`, \`--hdr-log\`, \`--outcome\`, \`--percentiles-to-chart\` and \`--max-names\` are ours.
`;

/** The whole page. */
export function optionsPage(): string {
  const specs = optionList.map(([key, spec]) => ({ key, spec }));
  const shown = specs.filter(({ spec }) => spec.isHidden !== true);
  const tables = optionGroups.flatMap((group) => {
    const rows = shown.filter(({ spec }) => spec.group === group).map(({ key, spec }) => row(key, spec));
    return rows.length === 0 ? [] : [`## ${group}\n`, tableHead, ...rows, ''];
  });
  const later = specs.filter(({ spec }) => spec.refusal !== undefined && spec.help.startsWith('Not in this version'));
  const names = later.map(({ spec }) => `\`--${spec.name}\``).join(', ');
  return [introduction, ...tables, `${afterTables}${names}.`, ending].join('\n');
}

const tableHead =
  '| option | value | default | environment | `parsedOptions` | meaning |\n| --- | --- | --- | --- | --- | --- |';

function row(key: string, spec: AnySpec): string {
  const names = [...(spec.alias === undefined ? [] : [`\`-${spec.alias}\``]), `\`--${spec.name}\``].join(', ');
  const variables = variablesOf(spec).map((name) => `\`${name}\``);
  const cells = [
    names,
    spec.type,
    shownDefault(spec),
    variables.join(', '),
    spec.isSecret === true ? '' : `\`${key}\``,
    meaning(spec),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function shownDefault(spec: AnySpec): string {
  if (spec.shownDefault !== undefined) return spec.shownDefault;
  return spec.arity === 'none' ? 'false' : '';
}

function meaning(spec: AnySpec): string {
  if (spec.locust === undefined) return spec.help;
  return spec.locust === null ? `${spec.help} Not in Locust.` : `${spec.help} Locust: \`${spec.locust}\`.`;
}
