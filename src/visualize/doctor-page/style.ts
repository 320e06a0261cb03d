/** What this page needs besides the base style; the same holds for its colours. */
export const DOCTOR_STYLE = `
:root{--faulty:#ff5c35;--mended:#33c8ff}
.no-picture{color:var(--faint)}
.tag{display:inline-block;padding:0 .45em;border-radius:.6em;font-size:.8rem;font-weight:500;background:var(--notebg);color:var(--text);white-space:nowrap}
.tag.fault,.tag.dropped{background:var(--badbg);color:var(--bad)}
.distribution{margin:0;min-width:0}
.distribution figcaption{color:var(--text);font-weight:600}
.distribution table{font-size:.85rem}
.filters{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;align-items:center;position:sticky;top:0;z-index:1;background:var(--bg);padding:.5rem 0;border-bottom:1px solid var(--line);font-size:.9rem}
.filters fieldset{border:0;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:.2rem 1rem}
.filters legend{float:left;padding:0;margin-right:1rem;color:var(--faint)}
.filters label{white-space:nowrap;padding:.2rem 0}
.key{color:var(--faint);margin:0}
.swatch{display:inline-block;width:1.1em;height:.75em;margin:0 .2em 0 .7em;border:2px solid var(--faint);vertical-align:-.05em}
.swatch:first-child{margin-left:0}
.swatch.faulty{border-color:var(--faulty)}
.swatch.mended{border-color:var(--mended)}
.swatch.others{border:1px solid #fff;background:#555}
.swatch.beyond,.panels svg{background:repeating-linear-gradient(45deg,#808890 0 1px,#50585f 1px 7px)}
.kind{margin-top:1.8rem;scroll-margin-top:6rem}
h3{scroll-margin-top:6rem}
.count{font-weight:400;color:var(--faint)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:1rem;margin:.8rem 0}
.panels{display:flex;gap:.6rem;justify-content:center}
.panels figure{margin:0;flex:1 1 0;min-width:0;max-width:22rem}
.panels svg{display:block;width:100%;height:auto;max-height:22rem;border-radius:4px}
.panels .faulty,.panels .mended{stroke-width:2.2px}
.faulty{stroke:var(--faulty)}
.mended{stroke:var(--mended)}
.panels .others{stroke:#fff;stroke-width:1px;stroke-opacity:.85}
.panels .shade{stroke:#000;stroke-width:4.4px;stroke-opacity:.55}
.panels .shade.others{stroke-width:2.2px;stroke-opacity:.4}
details{margin:.6rem 0;font-size:.9rem}
summary{cursor:pointer;color:var(--link);padding:.2rem 0}
li{overflow-wrap:anywhere;margin:.15rem 0}
body:has(#show-outlines:not(:checked)) .panels use[class]{display:none}
${['train', 'valid', 'test', 'unsplit'].map((key) => `body:has(#show-${key}:checked) [data-split]:not([data-split=${key}])`).join(',')}{display:none}
@media (max-width:40rem){.filters{position:static}}
@media print{.filters{display:none}}
`;
