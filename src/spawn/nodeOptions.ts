/**
 * Which of Node's own options a worker's process shares with the one that starts it. Pure.
 */

/** What to run instead of a program; each is followed by a text. */
const scripts = ['-e', '--eval', '-p', '--print', '-pe'];
/** A debugger's port can be had once; the others are ways of running, of this process alone. */
const own = /^(--inspect|--debug-port|--input-type|--watch|--test|--check$|-c$|--interactive$|-i$)/;

/** Memory limits, loaders and flags of V8 stay. */
export function sharedNodeOptions(options: readonly string[]): readonly string[] {
  return options.filter((option, index) => {
    if (own.test(option) || scripts.some((name) => option === name || option.startsWith(`${name}=`))) return false;
    return !scripts.includes(options[index - 1] ?? '');
  });
}
