/**
 * The numbered behaviours that tsload shares with Locust, in tsload's words. docs/compatibility.md is written from this list and
 * from the names of the tests, by `npm run compatibility`.
 */

/** What a behaviour waits for. */
export type Later = 'page' | 'html' | 'otel';

export interface Behaviour {
  readonly number: number;
  readonly behaviour: string;
  /** Not to be had before that part of tsload exists. What can be tested without it has tests already. */
  readonly later?: Later;
  /** Means nothing outside of Python. */
  readonly pythonOnly?: true;
  /** Where tsload does otherwise on purpose, and why. */
  readonly difference?: string;
}

export const behaviours: readonly Behaviour[] = [
  // Command line and process
  { number: 1, behaviour: '`--help` begins with the usage line and has a title over each group of options' },
  { number: 2, behaviour: '`--version` prints one line with the version and where tsload is installed' },
  {
    number: 3,
    behaviour: "a custom option given on the command line and changed on the page: tasks see the page's value",
    later: 'page',
  },
  { number: 4, behaviour: 'a custom option in a configuration file of the working folder reaches the tasks' },
  {
    number: 5,
    behaviour:
      "an exit code set on the environment by a `quitting` listener is the process's, and the `quit` event carries it",
  },
  {
    number: 6,
    behaviour: 'a percentile to chart that is not between 0 and 1 ends with code 1 and says the range',
    later: 'page',
  },
  { number: 7, behaviour: '`--csv-full-history` without `--csv` ends with code 2 and names both' },
  { number: 8, behaviour: 'several locustfiles, or a folder of them, are loaded as one run' },
  { number: 9, behaviour: 'without the class picker nothing is said about it', later: 'page' },
  { number: 10, behaviour: 'headless without `-u` and `-r` runs one user' },
  { number: 11, behaviour: 'a stop timeout that is no time span ends with code 2 and names the option' },
  { number: 12, behaviour: 'headless without a run time says how to end it, and SIGINT ends it with code 0' },
  { number: 13, behaviour: 'two classes of a folder and two users: one user of each' },
  { number: 14, behaviour: 'a headless shape logs its updates and prints the periodic and the final table; code 0' },
  { number: 15, behaviour: 'autostart: the page shows a running test, with or without a run time', later: 'page' },
  { number: 16, behaviour: 'autostart with a shape logs its start and its end', later: 'page' },
  { number: 17, behaviour: 'autostart, a shape and autoquit end the process in that order', later: 'page' },
  { number: 18, behaviour: 'the page listens where `--web-host` says', later: 'page' },
  { number: 19, behaviour: 'the keys w, W, s, S change the number of users, and never below zero' },
  { number: 20, behaviour: 'Enter opens the page in a browser', later: 'page' },
  { number: 21, behaviour: 'two fixed users and two plain classes share ten users as 2, 4 and 4' },
  { number: 22, behaviour: 'fewer users than the fixed ones are announced, and the run goes on' },
  { number: 23, behaviour: 'a folder that is a package is a folder of locustfiles' },
  { number: 24, behaviour: 'user classes named on the command line are the only ones that run' },
  { number: 25, behaviour: 'an HTML report whose file name has placeholders', later: 'html' },
  {
    number: 26,
    behaviour: 'two classes of one name in different files are refused, the same class imported twice is not',
  },
  { number: 27, behaviour: 'two shapes of one name are refused' },
  { number: 28, behaviour: 'run time, users or rate beside a shape are warned about, unless the shape uses them' },
  { number: 29, behaviour: 'tags that no task has: a warning, then an error for classes without tasks, and code 1' },
  {
    number: 30,
    behaviour: 'SIGINT in a headless shape is said, `testStop` listeners run and the final table is printed',
    difference:
      'SIGTERM and SIGHUP end a run as SIGINT does, with all outputs; in Locust they cut it off at some moments.',
  },
  { number: 31, behaviour: 'an `init` listener that throws ends the process with code 1' },
  { number: 32, behaviour: '`--json` prints a list with numbers as numbers and maps as maps' },
  { number: 33, behaviour: '`--json-file x` writes `x.json`' },
  { number: 34, behaviour: 'functions of a pytest file run as users', pythonOnly: true },
  {
    number: 35,
    behaviour: 'HttpUser without a host says what to do, and the run ends',
    difference:
      'with code 1, where Locust ends with 0: a test that loaded nothing is no success. A `StopTest` of the locustfile ends with 0.',
  },
  { number: 36, behaviour: 'a master that misses expected workers gives up with code 1' },
  { number: 37, behaviour: '`testStart` and `testStop` fire on the master and on the workers' },
  { number: 38, behaviour: 'tags given to the master filter on the workers' },
  { number: 39, behaviour: 'a worker that is slow to report is only announced' },
  { number: 40, behaviour: "workers without a locustfile run the master's" },
  { number: 41, behaviour: 'workers know their index' },
  { number: 42, behaviour: '`--processes` starts as many workers, and one SIGINT ends all' },
  { number: 43, behaviour: 'workers end when their master is gone' },
  {
    number: 44,
    behaviour: 'an unknown class with several processes is said once each, code 1',
    difference: 'once in all, before any process is started.',
  },
  { number: 45, behaviour: 'a worker that exits by itself is missed by its master' },
  { number: 46, behaviour: 'spans and gauges for OpenTelemetry', later: 'otel' },
  // Reading options and locustfiles
  { number: 47, behaviour: 'conf and TOML files give lists, numbers and flags' },
  { number: 48, behaviour: 'a conf file of two lines is not taken for TOML' },
  { number: 49, behaviour: 'every option can come from an environment variable, user classes too' },
  {
    number: 50,
    behaviour:
      'nested folders are walked; files that begin with `_` and other kinds are left out; nothing found is an error',
  },
  { number: 51, behaviour: 'an unknown option suggests the nearest one' },
  {
    number: 52,
    behaviour:
      'custom options may be hidden from the page, secret, or required; the default shown is the value in force',
  },
  {
    number: 53,
    behaviour:
      'a file named by `--config` may use `=`, blanks, short forms and bare flags; the command line overrides it',
  },
  { number: 54, behaviour: 'base classes and abstract classes are no user classes' },
  { number: 55, behaviour: 'a locustfile may be called after the package, or have dots in its name' },
  { number: 56, behaviour: 'an abstract shape is not used, its subclass is' },
  { number: 57, behaviour: 'time spans: `20`, `20s`, `3m`, `2h`, `1h20m`, `3h30m10s`; anything else is refused' },
  { number: 58, behaviour: '`http://` alone is no URL' },
  // Users and task sets
  { number: 59, behaviour: 'tasks as a map of weights and as decorated methods add up' },
  {
    number: 60,
    behaviour: 'a user without tasks is an error that names its class, and hints at a field called `task`',
    difference: 'reported once a second by each user, not as fast as it can, so that the log stays readable.',
  },
  { number: 61, behaviour: 'tasks of an abstract base are inherited' },
  {
    number: 62,
    behaviour: 'the list of tasks has methods and nested sets in the order of declaration',
    difference:
      'methods come first, then static members (nested sets), then `tasks`: decorators of the language see no other order.',
  },
  {
    number: 63,
    behaviour: 'interrupting a set: its `onStop` has run, and its parent goes on at once or after its wait',
  },
  { number: 64, behaviour: "a set's `onStop` runs when its user is stopped while waiting" },
  { number: 65, behaviour: '`scheduleTask` takes a function or a method' },
  {
    number: 66,
    behaviour: "a subclass of a task set has its base's tasks first",
    difference: "a method that a subclass overrides runs as overridden; Locust keeps the base class's function.",
  },
  { number: 67, behaviour: 'interrupting in `onStart` leaves the set' },
  { number: 68, behaviour: "a nested set's parent is the set around it" },
  { number: 69, behaviour: "a set's `user` cannot be assigned" },
  { number: 70, behaviour: '`user.wait()` in a task sleeps once' },
  { number: 71, behaviour: 'a graceful stop lets the task finish, a forced one does not' },
  { number: 72, behaviour: 'class names of Locust before 1.0 are refused with the new ones', pythonOnly: true },
  {
    number: 73,
    behaviour:
      'a sequence from a list, a map with repeats, methods, or mixed, in order of declaration, round after round',
    difference:
      'static members and `tasks` come after the methods, and not where they stand in the class: decorators of the language see no other order.',
  },
  { number: 74, behaviour: 'an interrupted sequence begins again; `StopUser` in `onStop` ends the user' },
  {
    number: 75,
    behaviour:
      'Markov chains: weights, lists, errors when the class is made, a warning for tasks that cannot be reached',
    difference:
      'the errors come when the locustfile is loaded, before anything runs: a class is complete only after its decorators.',
  },
  // Tags, ratios, waits, environment
  { number: 76, behaviour: "tags of several decorators add up; a set's tags reach its tasks" },
  { number: 77, behaviour: 'a tag without a name is refused' },
  { number: 78, behaviour: 'tasks are included and excluded by tag, and excluding wins' },
  { number: 79, behaviour: 'a nested set stays if a task of it stays' },
  { number: 80, behaviour: 'weights survive the filter' },
  { number: 81, behaviour: 'a task that two sets share is filtered in each by itself' },
  { number: 82, behaviour: "tags of the environment filter through a user's sets" },
  { number: 83, behaviour: 'the task ratio of classes and of users in total' },
  { number: 84, behaviour: 'waits: between, constant, none, pacing and throughput, each object for itself' },
  {
    number: 85,
    behaviour: 'equal weights flatten nested sets to their different tasks',
    difference: 'a Markov set stays whole: its tasks are nothing without their order.',
  },
  { number: 86, behaviour: 'classes of weight 0 are left out; only such classes is an error' },
  { number: 87, behaviour: 'two classes of one name in one environment are refused, with where they come from' },
  { number: 88, behaviour: 'a user class is changed by name: host and part of its tasks' },
  // HTTP
  { number: 89, behaviour: 'a refused connection is a sample of status 0 without content' },
  { number: 90, behaviour: 'a URL that cannot be used is thrown to the caller' },
  { number: 91, behaviour: 'a streamed response is timed to its headers, another to its last byte' },
  { number: 92, behaviour: 'redirects are one sample, under the first URL and method' },
  { number: 93, behaviour: 'cookies stay; HEAD has no body; OPTIONS lists methods' },
  { number: 94, behaviour: 'the error of a bad status names the path or the name given; the URL stays the real one' },
  { number: 95, behaviour: 'context of the user and of the call are merged, and the call wins' },
  { number: 96, behaviour: 'start and duration of a sample add up to its end' },
  {
    number: 97,
    behaviour:
      'catchResponse: failure of a good one, success of a bad one, the last verdict counts, any type is a failure',
    difference:
      'in the form with `await using` a throw in the block cannot be seen: without a verdict the status decides. The callback form has it all.',
  },
  { number: 98, behaviour: 'a verdict and then another exception: counted, and thrown on' },
  { number: 99, behaviour: 'a timeout inside catchResponse is one failure, timed to the timeout' },
  { number: 100, behaviour: 'a verdict without catchResponse is an error' },
  { number: 101, behaviour: '`request.measure` times a block, records its exception and throws nothing' },
  {
    number: 102,
    behaviour: 'a `ResponseError` in the block is a failure and the task goes on; an interrupt there is no sample',
  },
  { number: 103, behaviour: 'name and password in the host are Basic authentication' },
  { number: 104, behaviour: 'a bad certificate is a failed sample, or none with verification off' },
  { number: 105, behaviour: 'users share one connection, or have one each' },
  {
    number: 106,
    behaviour: '204 is good, 404 is not; network timeout, redirect limits, and parallel calls of one user',
  },
  {
    number: 107,
    behaviour: 'a JSON body sets its content type; odd content types decode; a stream without length counts 0',
  },
  { number: 108, behaviour: 'an assertion in `rest` is a failed sample' },
  // Runners
  {
    number: 109,
    behaviour: 'a constructor that forgets its base is named',
    difference: 'JavaScript itself refuses a constructor without `super`; tsload names the class, and what to do.',
  },
  { number: 110, behaviour: 'processor use over the threshold fires its event and is warned about' },
  { number: 111, behaviour: '`testStart` fires once a test, not when the number of users changes' },
  {
    number: 112,
    behaviour: "`testStopping` comes before the users' `onStop`, `testStop` after; quitting repeats neither",
    difference: 'a runner that never started a test fires neither.',
  },
  { number: 113, behaviour: 'a lower target while users are being started ends at the new target' },
  { number: 114, behaviour: '`resetStats` zeroes when all users have been started' },
  { number: 115, behaviour: 'a user may quit the runner, with or without a stop timeout, and every `onStop` runs' },
  { number: 116, behaviour: "a ramp down takes the spawn rate's time, or the stop timeout's" },
  { number: 117, behaviour: 'two equal classes keep their shares while the target changes' },
  { number: 118, behaviour: "an empty host on the page leaves the classes' own", later: 'page' },
  {
    number: 119,
    behaviour: 'custom messages are delivered; an unknown type is warned about, a second listener refused',
  },
  { number: 120, behaviour: 'starting and stopping over HTTP answer at once', later: 'page' },
  { number: 121, behaviour: 'the target is known in `testStart`, that of each class after the ramp' },
  { number: 122, behaviour: 'six users over three workers are two each' },
  { number: 123, behaviour: 'users move to workers that join, and from workers that die' },
  { number: 124, behaviour: 'custom options reach the workers' },
  { number: 125, behaviour: '`spawningComplete` and `testStop` fire once' },
  { number: 126, behaviour: 'a shape over three workers, stopped and started again' },
  { number: 127, behaviour: 'a slow `testStart` listener runs to its end, once, before users start' },
  { number: 128, behaviour: 'workers of other versions are refused or warned about' },
  {
    number: 129,
    behaviour: 'silent workers are missing; the last one ends the test',
    difference:
      'when all are missing the test goes on for as long as one may come back with what it measured; when the last is gone it ends.',
  },
  { number: 130, behaviour: 'a worker that joins takes its share' },
  { number: 131, behaviour: 'users are started on workers that are there' },
  { number: 132, behaviour: 'no users at all is fine; uneven numbers over workers add up' },
  { number: 133, behaviour: "a shape's tick with the same value changes nothing; the end of a shape ends the test" },
  {
    number: 134,
    behaviour: 'an exception of a task is logged and counted with equal ones, or ends the user',
    difference: 'an exception in `onStart` or `onStop` of a user is counted as well; Locust only logs it.',
  },
  { number: 135, behaviour: 'a broken link is reset, a bad message ends only its own' },
  {
    number: 136,
    behaviour: 'a worker keeps the stop timeout, drops old orders and reports totals',
  },
  { number: 137, behaviour: 'a worker that cannot connect gives up' },
  {
    number: 138,
    behaviour: 'a worker sends its last log lines, and says when it stops',
    difference: 'it goes on to send warnings and errors, at most 70 in ten seconds.',
  },
  {
    number: 139,
    behaviour: 'the stop timeout: too short cuts off, long enough lets finish, and waiting users end at once',
  },
  { number: 140, behaviour: 'a `testStop` listener that throws does not keep others from running' },
  // Dispatch
  {
    number: 141,
    behaviour: 'every step of ramps up and down, at rates from 0.5 to 9 over several workers',
    difference: 'the starts of a step are spread evenly over its pause, not made at its beginning.',
  },
  { number: 142, behaviour: 'classes of different hosts take turns' },
  { number: 143, behaviour: 'shares by weight, whole or fractional, are exact' },
  { number: 144, behaviour: 'up, further up and down again ends where the way up was' },
  { number: 145, behaviour: 'an unchanged target is one step' },
  { number: 146, behaviour: 'a rate above the target is one step' },
  { number: 147, behaviour: 'workers that leave or join in a ramp: rebalanced at once, totals kept' },
  { number: 148, behaviour: 'fixed counts alone, with others, and restored after a partial ramp' },
  { number: 149, behaviour: 'another choice of classes in each cycle' },
  { number: 150, behaviour: 'weights scaled by a factor change nothing' },
  { number: 151, behaviour: 'a million users over ten thousand workers are planned in seven seconds' },
  // Logs and debugging
  {
    number: 152,
    behaviour:
      'log lines of tsload, prints and loggers of the locustfile, their file and format, and how to leave them alone',
  },
  { number: 153, behaviour: '`runSingleUser` takes its host from the environment' },
];
