/**
 * Collects nodes while a function is recorded. Names are unique; the scopes in force (function, device, condition) are
 * written into each node. Knows nothing of tfjs.
 */
import type { Attribute, Node } from './graph.ts';

/** A condition: nodes made under it run only where its pivot runs. */
export interface Gate {
  /** Name of the node that is dead where the condition does not hold. */
  readonly pivot: string;
  readonly outer: Gate | null;
}

/** What a new node needs besides its op. */
export interface NodeOptions {
  inputs?: readonly string[];
  /** Nodes that must run before, by name. */
  after?: readonly string[];
  attributes?: Readonly<Record<string, Attribute>>;
  /** The node's name; without it one is made from the op. */
  name?: string;
  /** true: outside of any condition, whatever is in force (constants, reads of state). */
  always?: boolean;
  /** true: on the device of the variable that it uses, whatever is in force: handles do not leave theirs. */
  withVariable?: boolean;
}

/** The nodes of one function. */
export interface GraphBuilder {
  readonly nodes: readonly Node[];
  readonly gate: Gate | null;
  /** @returns the node's name, which stands for its first output */
  add(op: string, options?: NodeOptions): string;
  /** Nodes made by `body` go to `device`. */
  onDevice<T>(device: string, body: () => T): T;
  /** Nodes made by `body` have `name` in their names, as in `train/name/Conv2D_12`. */
  inScope<T>(name: string, body: () => T): T;
  /** Nodes made by `body` run only where `pivot` runs. */
  within<T>(pivot: string, body: () => T): T;
}

/**
 * @param scope put before each name, as in `train/Conv2D_12`
 * @param beforeNode told of each node before it is added: its op and its number, from 0
 */
export function createGraphBuilder(
  scope: string,
  beforeNode?: (op: string, number: number) => void,
): GraphBuilder {
  const nodes: Node[] = [];
  let device = '';
  let prefix = `${scope}/`;
  let gate: Gate | null = null;
  return {
    nodes,
    get gate() {
      return gate;
    },
    add: (
      op,
      { inputs = [], after = [], attributes = {}, name, always = false, withVariable = false } = {},
    ) => {
      beforeNode?.(op, nodes.length);
      const full = `${prefix}${name ?? `${op}_${nodes.length}`}`;
      const pivot = gate && !always ? [gate.pivot] : [];
      const controls = [...new Set([...after, ...pivot])].map((before) => `^${before}`);
      nodes.push({
        name: full,
        op,
        inputs: [...inputs, ...controls],
        device: withVariable ? '' : device,
        attributes,
      });
      return full;
    },
    onDevice: (name, body) => {
      const outer = device;
      device = name;
      try {
        return body();
      } finally {
        device = outer;
      }
    },
    inScope: (name, body) => {
      const outer = prefix;
      prefix = `${outer}${name}/`;
      try {
        return body();
      } finally {
        prefix = outer;
      }
    },
    within: (pivot, body) => {
      const outer: Gate | null = gate;
      gate = { pivot, outer };
      try {
        return body();
      } finally {
        gate = outer;
      }
    },
  };
}

/** Whether `gate` is the condition with this pivot, or one inside of it. */
export function isWithin(gate: Gate | null, pivot: string): boolean {
  for (let at = gate; at !== null; at = at.outer) if (at.pivot === pivot) return true;
  return false;
}

/** Whether a value made under `gate` exists wherever `current` holds. */
export function existsWithin(gate: Gate | null, current: Gate | null): boolean {
  for (let at = current; ; at = at.outer) {
    if (at?.pivot === gate?.pivot) return true;
    if (at === null) return false;
  }
}
