/**
 * Options that are refused with a sentence: of work that is not done yet, and those that Locust has removed.
 */
import { type OptionGroup, type OptionSpec, refused } from './optionSpec.js';

const noPage = 'needs the web page, which this version of tsload does not have yet: leave it out';
const noHtml = 'writes an HTML report, which this version of tsload cannot do yet: use --csv or --json-file';
const noOtel = 'sends OpenTelemetry data, which this version of tsload cannot do yet: leave it out';

type Arity = OptionSpec<undefined>['arity'];

function later(
  group: OptionGroup,
  reason: string,
  arity: Arity,
  name: string,
  env: string | undefined,
  alias?: string,
) {
  return refused(arity, reason, {
    name,
    group,
    help: `Not in this version: ${reason.split(',')[0]}.`,
    ...(env === undefined ? {} : { env }),
    ...(alias === undefined ? {} : { alias }),
  });
}

const web = (arity: Arity, name: string, env: string, alias?: string) =>
  later('Web UI options', noPage, arity, name, env, alias);

export const laterOptions = {
  webHost: web('one', 'web-host', 'WEB_HOST'),
  webPort: web('one', 'web-port', 'WEB_PORT', 'P'),
  webBasePath: web('one', 'web-base-path', 'WEB_BASE_PATH'),
  autostart: web('none', 'autostart', 'AUTOSTART'),
  autoquit: web('one', 'autoquit', 'AUTOQUIT'),
  webLogin: web('none', 'web-login', 'WEB_LOGIN'),
  classPicker: web('none', 'class-picker', 'USERCLASS_PICKER'),
  webHostDisplayName: web('one', 'web-host-display-name', 'WEB_HOST_DISPLAY_NAME'),
  buildPath: web('one', 'build-path', 'BUILD_PATH'),
  html: later('Request statistics options', noHtml, 'one', 'html', 'HTML'),
  otel: later('Other options', noOtel, 'none', 'otel', 'ENABLE_OPENTELEMETRY'),
};

function removed(arity: Arity, name: string, env: string | undefined, reason: string) {
  return refused(arity, reason, {
    name,
    group: 'Other options',
    help: `Removed in Locust: ${reason}.`,
    ...(env === undefined ? {} : { env }),
  });
}

export const removedOptions = {
  webAuth: removed(
    'one',
    'web-auth',
    'WEB_AUTH',
    'was replaced by --web-login in Locust, and tsload has no web page yet: leave it out',
  ),
  legacyUi: removed('none', 'legacy-ui', 'LEGACY_UI', 'was removed from Locust, and tsload never had it: leave it out'),
  slave: removed('none', 'slave', undefined, 'was removed from Locust: write --worker'),
  expectSlaves: removed('one', 'expect-slaves', undefined, 'was removed from Locust: write --expect-workers'),
};
