import { type Html, html } from '../html.ts';
import { percent } from '../page/format.ts';

/** @returns a table's cell with a share of 0-1 as a number upon a bar */
export function shareCell(share: number | null): Html {
  if (share === null) return html`<td class="none">–</td>`;
  return html`<td class="share" style="--share:${percentage(share)}">${percent(share)}</td>`;
}

/** @returns as a length of CSS, "12.3%", within 0-100 */
export function percentage(share: number): string {
  return `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`;
}
