import { UsageError } from './errors.ts';

/** A file of a model on the Hugging Face Hub. */
export interface HubReference {
  /** owner/name */
  repo: string;
  /** Branch, tag or commit. */
  revision: string;
  /** Path in the repository. */
  file: string;
}

const DEFAULT_REVISION = 'main';
const DEFAULT_FILE = 'model.safetensors';

const NAME = String.raw`\w(?:[\w.-]*\w)?`;
// A slash would end the revision: it is written as %2F, but for the hub's own references to pull requests.
const REVISION = String.raw`refs/pr/\d+|\w(?:[\w.-]|%2F)*`;
/** Not "." and "..", which would lead out of the folder of downloads, and nothing that means something in a URL. */
const FILE = String.raw`(?!\.{1,2}(?:/|$))[\w.+=,~-]+`;
const REFERENCE = new RegExp(
  `^hf://(?:models/)?(?!models/)(?<repo>${NAME}/${NAME})(?:@(?<revision>${REVISION}))?(?:/(?<file>${FILE}(?:/${FILE})*))?$`,
);

/** Kinds of repositories that a reference may begin with; models may go without. */
const OTHER_KINDS = /^hf:\/\/(?<kind>datasets|spaces|kernels|buckets)(?:\/|$)/;

const EXPECTED = 'must be a path or look like hf://owner/repo[@revision][/file]';

/** Whether a text is meant as a place on the hub, not as a path. */
export function isHubReference(text: string): boolean {
  return text.startsWith('hf://');
}

/**
 * What is wrong with a text that stands for a local path or a file on the hub, without looking at either.
 * @returns goes on from the name of the key ("must look like …"); null where nothing is wrong
 */
export function hubReferenceFault(text: string): string | null {
  if (!isHubReference(text)) return /^(?:hf:|\w[\w+.-]*:\/\/)/i.test(text) ? EXPECTED : null;
  const kind = OTHER_KINDS.exec(text)?.groups?.kind;
  if (kind !== undefined) return `must name a model (hf://owner/repo), not one of the hub's ${kind}`;
  return REFERENCE.test(text) ? null : EXPECTED;
}

/**
 * Reads `hf://[models/]owner/repo[@revision][/file]`, as Hugging Face's own tools write it; revision `main` and file
 * `model.safetensors` where there is none.
 * @throws UsageError for any other text
 */
export function parseHubReference(text: string): HubReference {
  const groups = REFERENCE.exec(text)?.groups;
  const fault = hubReferenceFault(text);
  if (!groups || fault !== null) {
    throw new UsageError(`A reference to the hub ${fault ?? EXPECTED}, got ${JSON.stringify(text)}`);
  }
  const { repo = '', revision = DEFAULT_REVISION, file = DEFAULT_FILE } = groups;
  return { repo, revision: revision.replaceAll('%2F', '/'), file };
}
