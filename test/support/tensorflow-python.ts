import { spawnSync } from 'node:child_process';

/** A Python with TensorFlow: the one named by TENSORFLOW_PYTHON, else python3. Looks for the package, loads nothing. */
export function requireTensorFlowPython(context: { skip: (why: string) => never }): string {
  const python = process.env.TENSORFLOW_PYTHON || 'python3';
  const probe = 'import importlib.util as u; exit(not u.find_spec("tensorflow"))';
  if (spawnSync(python, ['-c', probe]).status !== 0) {
    context.skip(
      `${python} has no TensorFlow: pip install tensorflow-cpu==2.21.0, or name a Python in TENSORFLOW_PYTHON`,
    );
  }
  return python;
}
