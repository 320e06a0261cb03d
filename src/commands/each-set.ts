/** `KEY=VALUE`. A path of that form is written `./a=b`. */
const SETTING = /^[a-z_][\w.]*=/i;

/**
 * Lets one `--set` take several settings, by writing a `--set` before each: the command lines that W&B's sweeps make are
 * `--set a=1 b=2`. commander's own lists end at no argument of another form, so that they would swallow the folder of
 * `aerial doctor data --set a=1 FOLDER`.
 * @param args without program and script, as in `process.argv.slice(2)`
 */
export function eachSet(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const spread: string[] = [];
  let mayGoOn = false;
  for (const [i, arg] of args.slice(0, end).entries()) {
    const isFirst = args[i - 1] === '--set' || arg.startsWith('--set=');
    const isFurther: boolean = mayGoOn && !isFirst && SETTING.test(arg);
    spread.push(...(isFurther ? ['--set', arg] : [arg]));
    mayGoOn = isFirst || isFurther;
  }
  return [...spread, ...args.slice(end)];
}
