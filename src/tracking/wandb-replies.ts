import { z } from 'zod';

/** What `wandb_client.py` says, one JSON object a line. */
const wandbReplySchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('missing') }),
  z.object({
    event: z.literal('ready'),
    mode: z.enum(['online', 'offline']),
    folder: z.string(),
    url: z.string().nullable(),
    fallback: z.string().nullable(),
  }),
  z.object({ event: z.literal('trouble'), message: z.string() }),
  z.object({ event: z.literal('finished') }),
  // Bytes of all messages that are done with, since it began: where a line is lost, the next makes up for it.
  z.object({ event: z.literal('handled'), bytes: z.number() }),
]);

export type WandbReply = z.infer<typeof wandbReplySchema>;

/** @returns null for a line that is not the client's: whatever runs in its Python may print, too, or it was killed in mid-line */
export function readWandbReply(line: string): WandbReply | null {
  try {
    return wandbReplySchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
