/** The page's style sheet. Colours of text have a contrast of at least 4.5 to their background, in the light and in the dark. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#fff;--card:#f5f7f9;--line:#d5dade;--text:#1b1f23;--faint:#57606a;--link:#0b57a4;
--train:#0072b2;--valid:#c25100;--test:#00785a;--faulty:#ff5c35;--mended:#33c8ff;--bad:#a1260d;--badbg:#fdebe6;--notebg:#e8edf2}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2126;--line:#3a4148;--text:#e9ecef;--faint:#a3adb7;--link:#7cb8f5;
--train:#56b4e9;--valid:#f0883e;--test:#3fc79a;--bad:#ffb4a1;--badbg:#4a1f14;--notebg:#2a3138}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0 auto;max-width:1200px;padding:1.5rem clamp(.8rem,3vw,2rem) 3rem;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:0}
h2{font-size:1.25rem;margin:2.4rem 0 .8rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1.05rem;margin:0}
p{margin:.3rem 0}
a{color:var(--link)}
.source,.where,footer,figcaption,.no-picture{color:var(--faint)}
.source{overflow-wrap:anywhere}
.verdict{font-size:1.1rem;margin-top:.8rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.scroll{overflow-x:auto;position:relative}
.scroll:focus-visible,a:focus-visible,summary:focus-visible,input:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .9rem .4rem 0;text-align:right;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th{color:var(--faint);font-weight:500;white-space:nowrap}
th[scope=row],thead th:first-child{text-align:left}
th p{font-weight:400;color:var(--faint);font-size:.9rem;max-width:36rem;margin:0}
td.none{color:var(--faint)}
.tag{display:inline-block;padding:0 .45em;border-radius:.6em;font-size:.8rem;font-weight:500;background:var(--notebg);color:var(--text);white-space:nowrap}
.tag.fault,.tag.dropped{background:var(--badbg);color:var(--bad)}
.legend span{white-space:nowrap;margin-right:.8rem}
.legend svg{vertical-align:middle}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1.5rem 2rem;margin-top:1rem}
.distribution{margin:0;min-width:0}
.distribution figcaption{color:var(--text);font-weight:600}
.distribution table{font-size:.85rem}
.chart svg{display:block;width:100%;max-width:30rem;height:auto}
.chart text{fill:var(--faint)}
.chart .role-axis line{stroke:var(--line)}
svg [stroke="#0072b2"]{stroke:var(--train)}svg [fill="#0072b2"]{fill:var(--train)}
svg [stroke="#d55e00"]{stroke:var(--valid)}svg [fill="#d55e00"]{fill:var(--valid)}
svg [stroke="#009e73"]{stroke:var(--test)}svg [fill="#009e73"]{fill:var(--test)}
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
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem;font-size:.9rem;overflow-wrap:anywhere;min-width:0}
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
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.6rem}
body:has(#show-outlines:not(:checked)) .panels use[class]{display:none}
${['train', 'valid', 'test', 'unsplit'].map((key) => `body:has(#show-${key}:checked) [data-split]:not([data-split=${key}])`).join(',')}{display:none}
@media (max-width:40rem){body{font-size:15px}th,td{padding-right:.7rem}th p{display:none}.filters{position:static}}
@media print{.filters{display:none}.card{break-inside:avoid}}
`;
