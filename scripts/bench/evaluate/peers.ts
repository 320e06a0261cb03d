import { execa } from 'execa';
import { UserError } from '../../../src/system/errors.ts';

/** A Python with the references of the evaluation. */
export interface Peers {
  python: string;
  hasFasterCocoEval: boolean;
  /** Who takes part, and who does not and why. */
  notes: string[];
}

const INSTALL = 'pip install numpy pycocotools==2.0.11';
const INSTALL_FASTER = 'pip install faster-coco-eval==1.8.0';
const PROBE = `
import importlib.metadata as m, json, numpy, pycocotools.cocoeval
try:
    import faster_coco_eval
    faster = m.version("faster-coco-eval")
except ImportError:
    faster = None
print(json.dumps({"pycocotools": m.version("pycocotools"), "faster": faster}))`;

/**
 * Looks into the Python that COCO_PYTHON names, else python3.
 * @throws UserError where it has no pycocotools
 */
export async function findPeers(): Promise<Peers> {
  const python = process.env.COCO_PYTHON || 'python3';
  const { exitCode, stdout } = await execa(python, ['-c', PROBE], { reject: false });
  if (exitCode !== 0) {
    throw new UserError(
      `${python} has no pycocotools, the peer of this suite: ${python} -m ${INSTALL}, or name a Python that has it in COCO_PYTHON`,
    );
  }
  const { pycocotools, faster }: { pycocotools: string; faster: string | null } = JSON.parse(stdout);
  const absent = `faster-coco-eval did not take part, nor boundaries: ${python} -m ${INSTALL_FASTER}`;
  return {
    python,
    hasFasterCocoEval: faster !== null,
    notes: [`pycocotools ${pycocotools}`, faster === null ? absent : `faster-coco-eval ${faster}`],
  };
}
