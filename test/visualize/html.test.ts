import { describe, expect, it } from 'vitest';
import { html, htmlText, trustedHtml } from '../../src/visualize/html.ts';

describe('html', () => {
  it('escapes every text, in content and in attributes', () => {
    const name = `<script>alert('1')</script>"onerror="alert(2)&amp;`;
    expect(htmlText(html`<td title="${name}">${name}</td>`)).toBe(
      `<td title="&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;onerror=&quot;alert(2)&amp;amp;">` +
        `&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;onerror=&quot;alert(2)&amp;amp;</td>`,
    );
  });

  it('puts in pieces, lists of them and numbers as they are', () => {
    const items = ['a<', 'b'].map((name) => html`<li>${name}</li>`);
    expect(htmlText(html`<ul>${items}</ul>${trustedHtml('<svg></svg>')}${1.5}`)).toBe(
      '<ul><li>a&lt;</li><li>b</li></ul><svg></svg>1.5',
    );
  });

  it('shows characters that do not show, or turn text around, as their numbers', () => {
    expect(htmlText(html`${'a\u202eb\0c\nd\u2028\ud800'}`)).toBe(
      'a\\u{202e}b\\u{0}c\\u{a}d\\u{2028}\\u{d800}',
    );
    expect(htmlText(html`${'Gebäude 建物 🏠\u00a0×'}`)).toBe('Gebäude 建物 🏠\u00a0×');
  });

  it('takes no object for HTML that only looks like it', () => {
    const forged = JSON.parse('{"safe":"<b>"}');
    expect(() => htmlText(html`${forged}`)).toThrow(TypeError);
  });
});
