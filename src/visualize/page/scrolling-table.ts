import { type Html, html } from '../html.ts';

/** @returns a table that scrolls sideways where it does not fit, also by keyboard */
export function scrollingTable(caption: string, content: Html): Html {
  return html`<section class="scroll" aria-label="${caption}" tabindex="0"><table>
<caption class="unseen">${caption}</caption>
${content}
</table></section>`;
}
