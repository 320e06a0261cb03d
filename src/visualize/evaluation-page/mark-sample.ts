import { type Html, html } from '../html.ts';
import type { Mark } from './error-kinds.ts';

/** @returns a piece of the line that is drawn for it, upon a dark ground as of an image; nothing without a mark */
export function markSample(mark: Mark | null): Html {
  if (mark === null) return html``;
  return html`<svg class="sample" viewBox="0 0 30 12" width="30" height="12" aria-hidden="true"><path class="m-${mark}" d="M1 6H29"></path></svg>`;
}
