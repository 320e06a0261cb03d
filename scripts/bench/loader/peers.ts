import { execa } from 'execa';
import { UserError } from '../../../src/system/errors.ts';

/** The forms of `peer.py` that this machine can run. */
export interface Peers {
  python: string;
  kinds: ('pillow' | 'torchvision')[];
  /** Who takes part, and who does not and why. */
  notes: string[];
}

const INSTALL = 'pip install torch==2.13.0 torchvision==0.28.0 pillow numpy';
const PROBE = `
import json, numpy, PIL, torch
try:
    import torchvision
    from torchvision.io import decode_jpeg, encode_jpeg
    decode_jpeg(encode_jpeg(torch.zeros((3, 8, 8), dtype=torch.uint8)))
    vision = torchvision.__version__
except (ImportError, RuntimeError):
    vision = None
print(json.dumps({"torch": torch.__version__, "pillow": PIL.__version__, "vision": vision}))`;

/** @throws UserError where this Python lacks PyTorch, Pillow or NumPy */
export async function findPeers(python: string): Promise<Peers> {
  const { exitCode, stdout } = await execa(python, ['-c', PROBE], { reject: false });
  if (exitCode !== 0) {
    throw new UserError(
      `${python} lacks PyTorch or Pillow, the peer of this suite: ${python} -m ${INSTALL}, or name a Python that has them in TORCH_PYTHON`,
    );
  }
  const { torch, pillow, vision }: { torch: string; pillow: string; vision: string | null } =
    JSON.parse(stdout);
  return {
    python,
    kinds: vision === null ? ['pillow'] : ['pillow', 'torchvision'],
    notes: [
      `PyTorch ${torch}, Pillow ${pillow}`,
      vision === null
        ? `torchvision did not take part, or cannot read JPEG: ${python} -m ${INSTALL}`
        : `torchvision ${vision}`,
    ],
  };
}
