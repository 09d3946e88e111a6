/**
 * `--help`, laid out by yargs from the table: usage, groups, user classes, examples.
 */
import yargs from 'yargs';
import type { AnySpec } from './arguments.js';
import { optionGroups } from './optionSpec.js';
import { variablesOf } from './variables.js';

const examples = `User classes:
  UserClass  Run only these classes of the locustfile (environment: TSLOAD_USER_CLASSES). Default: all.

Commands:
  tsload init [DIR]              Make a new test project.
  tsload proto types FILE...     Write the types of .proto files beside them.

Examples:
  tsload -f shop.ts -H https://shop.example --headless -u 100 -r 10 -t 3m --csv out/shop
  tsload -f shop.ts Buyer Reader --tags read --iterations 10/user --headless
  tsload --config load.toml --loglevel DEBUG

Configuration files: ~/.tsload.conf, ./tsload.conf, package.json#tsload; environment: TSLOAD_USERS and its like.
Documentation: docs/options.md of the package`;

/** The help text. `columns`: width to wrap at. */
export function helpText(specs: readonly AnySpec[], columns: number): Promise<string> {
  const shown = specs.filter((spec) => spec.isHidden !== true);
  const parser = yargs([])
    .locale('en')
    .version(false)
    .help(false)
    .wrap(Math.max(60, Math.min(columns, 120)))
    .usage('Usage: tsload [options] [UserClass ...]');
  for (const spec of shown) parser.option(shownName(spec), helpOption(spec));
  for (const group of [...optionGroups, 'Custom options']) {
    const names = shown.filter((spec) => spec.group === group).map(shownName);
    if (names.length > 0) parser.group(names, `${group}:`);
  }
  return parser.epilogue(examples).getHelp();
}

/** The name with its value, in one column. This parser only prints; it never reads words. */
function shownName(spec: AnySpec): string {
  return spec.metavar === '' ? spec.name : `${spec.name} ${spec.metavar}`;
}

function helpOption(spec: AnySpec) {
  const variable = variablesOf(spec)[0];
  return {
    describe: `${spec.help}${variable === undefined ? '' : ` (${variable})`}`,
    skipValidation: true,
    ...(spec.alias === undefined ? {} : { alias: spec.alias }),
    ...(spec.shownDefault === undefined ? {} : { default: spec.shownDefault, defaultDescription: spec.shownDefault }),
  };
}
