/** What all pages look like. Colours of text have a contrast of at least 4.5 to their background, in the light and in the dark. */
export const BASE_STYLE = `
:root{color-scheme:light dark;--bg:#fff;--card:#f5f7f9;--line:#d5dade;--text:#1b1f23;--faint:#57606a;--link:#0b57a4;
--blue:#0072b2;--orange:#c25100;--green:#00785a;--bad:#a1260d;--badbg:#fdebe6;--notebg:#e8edf2}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2126;--line:#3a4148;--text:#e9ecef;--faint:#a3adb7;--link:#7cb8f5;
--blue:#56b4e9;--orange:#f0883e;--green:#3fc79a;--bad:#ffb4a1;--badbg:#4a1f14;--notebg:#2a3138}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0 auto;max-width:1200px;padding:1.5rem clamp(.8rem,3vw,2rem) 3rem;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:0}
h2{font-size:1.25rem;margin:2.4rem 0 .8rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1.05rem;margin:0}
p{margin:.3rem 0}
a{color:var(--link)}
.source,.where,footer,figcaption{color:var(--faint)}
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
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1.5rem 2rem;margin-top:1rem}
.chart svg{display:block;width:100%;max-width:30rem;height:auto}
.chart text{fill:var(--faint)}
.chart .role-axis line{stroke:var(--line)}
svg [stroke="#0072b2"]{stroke:var(--blue)}svg [fill="#0072b2"]{fill:var(--blue)}
svg [stroke="#d55e00"]{stroke:var(--orange)}svg [fill="#d55e00"]{fill:var(--orange)}
svg [stroke="#009e73"]{stroke:var(--green)}svg [fill="#009e73"]{fill:var(--green)}
.legend span{white-space:nowrap;margin-right:.8rem}
.legend svg{vertical-align:middle}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem;font-size:.9rem;overflow-wrap:anywhere;min-width:0}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.6rem}
@media (max-width:40rem){body{font-size:15px}th,td{padding-right:.7rem}th p{display:none}}
@media print{.card{break-inside:avoid}}
`;
