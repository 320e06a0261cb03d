/**
 * What those who have no memory left say: TensorFlow's allocators for CPU and GPU, oneDNN, CUDA's libraries, C++ and Node. Those of
 * TensorFlow on a CPU and of Node were seen; those of GPUs and C++ are from reports.
 */
const SAID_WITHOUT_MEMORY = [
  // TensorFlow, of a tensor it has no room for: "OOM when allocating tensor with shape[60000,60000] ... by allocator mklcpu".
  /\bOOM when allocating\b/,
  /\bRESOURCE_EXHAUSTED\b|\bResource ?exhausted(Error)?\b/i,
  // tfjs-node, of an op that is run alone: TF_RESOURCE_EXHAUSTED is 8.
  /\bInvalid TF_Status: 8\b/,
  // oneDNN, of its scratch memory: dnnl_out_of_memory is 1.
  /\bStatus: 1, message: could not /,
  /\bstd::bad_alloc\b/,
  /\bCUDA_ERROR_OUT_OF_MEMORY\b|\bCU(DNN|BLAS|SOLVER|SPARSE)_STATUS_ALLOC_FAILED\b/,
  // TensorFlow, of a copy to a GPU whose memory is full.
  /\bDst tensor is not initialized\b/,
  // Node, of typed arrays and shared memory.
  /\bArray buffer allocation failed\b/,
];

/** Codes of Node's errors; ENOMEM is the kernel's. */
const CODES = ['ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY', 'ENOMEM'];

/** Causes are followed so far: a chain may be a circle. */
const MOST_CAUSES = 10;

/** Whether an error, or one that has caused it, says that memory has run out. Anything may be asked about. */
export function isOutOfMemory(error: unknown): boolean {
  let current = error;
  for (let i = 0; i < MOST_CAUSES && current instanceof Error; i++) {
    const { message, cause, code } = current as NodeJS.ErrnoException;
    if (CODES.includes(code ?? '') || SAID_WITHOUT_MEMORY.some((text) => text.test(message))) return true;
    current = cause;
  }
  return false;
}

/** What comes before the text of TensorFlow itself. */
const PREFIX = /^(Session fail to run with error: |Invalid TF_Status: 8\nMessage: )/;

/** @returns the line in which memory is said to have run out, of the error itself or of what has caused it; else its first line */
export function outOfMemoryLine(error: unknown): string {
  let current = error;
  for (let i = 0; i < MOST_CAUSES && current instanceof Error; i++) {
    const lines = current.message.replace(PREFIX, '').split('\n');
    const line = lines.find((text) => SAID_WITHOUT_MEMORY.some((said) => said.test(text)));
    if (line !== undefined) return line;
    current = current.cause;
  }
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
