import { activeRecording } from './active-recording.ts';

/**
 * Puts a name into the names of the nodes that `body` makes, as in `train/backbone/Conv2D_12`, to tell parts of a graph apart. Nodes
 * that compute gradients are made later, outside of it. Without effect op by op.
 * @param name letters, digits and . _ -
 * @returns what `body` returns
 */
export function inScope<T>(name: string, body: () => T): T {
  const recording = activeRecording();
  return recording ? recording.inScope(name, body) : body();
}

/** The outermost scope of a node: `train/backbone/block1/Conv2D_12` → `backbone`; null for one outside of scopes. */
export function outermostScope(node: string): string | null {
  const names = node.split('/');
  return names.length > 2 ? names[1]! : null;
}
