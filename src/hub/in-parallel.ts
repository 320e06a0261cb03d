/**
 * Does `work` for all items, at most `limit` at a time.
 * @param work ends soon when the signal that it is given is aborted: by the caller's, or since another item failed
 * @throws the first failure, or the reason of the caller's signal, after all that was under way has ended
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failing = new AbortController();
  const shared = AbortSignal.any([signal, failing.signal]);
  // All workers take from the same queue.
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      shared.throwIfAborted();
      await work(item, shared);
    }
  };
  const workers = Array.from({ length: limit }, () => worker().catch((error) => failing.abort(error)));
  await Promise.all(workers);
  shared.throwIfAborted();
}
