import type { Params } from '../params/schema.ts';
import { UsageError } from '../system/errors.ts';
import { isInside, realOrResolved } from './assert-replaceable.ts';

interface Input {
  key: 'data.path' | 'data.custom';
  path: string;
  real: string;
}

/**
 * A folder is read with all that is below it, so no folder of `data.custom` may be listed twice, or lie in another one
 * or in `data.path`, or the other way round: its samples would count twice. Links are followed.
 * @throws UsageError naming both
 */
export async function assertInputsApart({ data }: Params): Promise<void> {
  const named: [key: Input['key'], path: string][] = [
    ...(data.source === 'local' ? [['data.path', data.path!] satisfies [Input['key'], string]] : []),
    ...data.custom.map((path): [Input['key'], string] => ['data.custom', path]),
  ];
  const inputs: Input[] = [];
  for (const [key, path] of named) {
    const input = { key, path, real: await realOrResolved(path) };
    for (const earlier of inputs) assertApart(earlier, input);
    inputs.push(input);
  }
}

function assertApart(earlier: Input, later: Input): void {
  const how =
    earlier.real === later.real
      ? 'is the same folder as'
      : isInside(later.real, earlier.real)
        ? 'lies in'
        : isInside(earlier.real, later.real)
          ? 'is around'
          : null;
  if (how === null) return;
  throw new UsageError(
    `${later.key} (${later.path}) ${how} ${earlier.key} (${earlier.path}), and its samples would count twice: list one of them, or folders apart from each other`,
  );
}
