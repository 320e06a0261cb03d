import { execa } from 'execa';

/** A Python with PyTorch. */
export interface Torch {
  python: string;
  version: string;
  /** null: without torchvision, which has the peer's RoIAlign and NMS, only the prototype's network can be compared. */
  vision: string | null;
}

const INSTALL = 'pip install torch==2.13.0 torchvision==0.28.0';
const PROBE = `
import json, torch
try:
    import torchvision
    vision = torchvision.__version__
except (ImportError, RuntimeError):
    vision = None
print(json.dumps({"version": torch.__version__, "vision": vision}))`;

/** @returns null where this Python has no PyTorch; what is missing, for people */
export async function findTorch(python: string): Promise<{ torch: Torch | null; missing: string | null }> {
  const { exitCode, stdout } = await execa(python, ['-c', PROBE], { reject: false });
  if (exitCode !== 0) {
    return {
      torch: null,
      missing: `PyTorch did not take part: ${python} has none; ${INSTALL}, and name that Python in TORCH_PYTHON`,
    };
  }
  const torch: Torch = { python, ...(JSON.parse(stdout) as Omit<Torch, 'python'>) };
  const missing =
    torch.vision === null
      ? `PyTorch did not take part in own-model: ${python} has no working torchvision; ${INSTALL}`
      : null;
  return { torch, missing };
}
