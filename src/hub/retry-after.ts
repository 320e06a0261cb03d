/** More than any limit of the hub, whose windows are of 5 minutes: whoever asks for more is asked again. */
const LONGEST_MS = 300_000;

/**
 * How long a server that refuses asks to be left alone: the header `Retry-After` (seconds, or a date), or else the
 * seconds until the limit of `RateLimit` is lifted, which is what the hub gives.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, https://huggingface.co/docs/hub/rate-limits
 * @returns 0 to 300,000 ms; 0 where it does not ask
 */
export function retryAfterMs(headers: Headers, nowMs = Date.now()): number {
  const retryAfter = headers.get('Retry-After') ?? '';
  const limit = /;\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)/.exec(headers.get('RateLimit') ?? '');
  const seconds = /^\d+$/.test(retryAfter) ? retryAfter : limit?.[1];
  const wantedMs = seconds === undefined ? Date.parse(retryAfter) - nowMs : Number(seconds) * 1000;
  return Math.min(Math.max(wantedMs || 0, 0), LONGEST_MS);
}
