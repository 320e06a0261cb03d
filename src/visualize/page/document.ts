/** The frame of an HTML page that needs nothing else: style sheet and pictures are in it, and it has no script. */
import { type Html, html, trustedHtml } from '../html.ts';
import { BASE_STYLE } from './base-style.ts';

/** Nothing may run or be fetched, whatever a name slipped in. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * @param style what the page needs besides `BASE_STYLE`
 * @param head what else belongs to the head, early in it
 * @returns all before the content of the body
 */
export function documentStart(title: string, style: string, head: Html = html``): Html {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
${head}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<style>${trustedHtml(BASE_STYLE)}${trustedHtml(style)}</style>
</head>
<body>
`;
}

export const DOCUMENT_END: Html = html`
</body>
</html>
`;
