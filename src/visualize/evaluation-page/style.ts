import { MARK_ORDER, MARKS } from './error-kinds.ts';

/** A copy (`use`) of outlines becomes their shade by what it inherits: no rule with an ancestor reaches into it. */
const OUTLINES = MARK_ORDER.map((mark) => {
  const { color, dash, width } = MARKS[mark];
  const isError = mark !== 'hit' && mark !== 'crowd';
  return `.m-${mark}{stroke:var(--shade,${color});stroke-dasharray:var(--solid,${dash});stroke-width:calc(${width}px + var(--more,0px));fill:${isError ? `var(--unfilled,${color})` : 'none'}${mark === 'hit' ? ';display:var(--hits,inline)' : ''}}`;
}).join('\n');

/** What this page needs besides the base style. */
export const EVALUATION_STYLE = `
:root{--bar:#cfe3f3;--choice:0,114,178}
@media (prefers-color-scheme:dark){:root{--bar:#24455e;--choice:86,180,233}}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin-top:.8rem;font-size:.95rem}
section>h3,.tables h3{margin-top:1.2rem}
section>h3+.where,.tables .where{margin:0 0 .5rem;font-size:.9rem;max-width:46rem}
.headlines{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,14rem),1fr));gap:.8rem;margin:.4rem 0 0}
.headlines dt{font-weight:600}
.headlines dd{margin:0}
.headlines p{margin:0;font-size:.85rem;color:var(--faint)}
.headlines .value{font-size:1.6rem;line-height:1.3;font-variant-numeric:tabular-nums;white-space:nowrap}
.headlines .where{white-space:nowrap;font-variant-numeric:tabular-nums}
.scale{display:block;margin:.15rem 0 .35rem;overflow:visible}
.scale line{stroke:var(--line);stroke-width:2px}
.scale rect{fill:var(--blue);fill-opacity:.45}
.scale .tick{stroke:var(--blue);stroke-width:3px}
.charts{grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr))}
.plot{margin:0;min-width:0;display:grid;grid-row:span 2;grid-template-rows:subgrid;gap:.4rem}
.plot figcaption b{color:var(--text)}
.plot figcaption{font-size:.9rem;max-width:34rem}
.tables{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:0 2.5rem}
.tables>div{min-width:0}
td.share{background:linear-gradient(90deg,var(--bar) var(--share),transparent 0) no-repeat 0 .25rem/calc(100% - .9rem) 1.8rem;padding-left:.6rem;padding-right:1.3rem;min-width:5.5rem}
td.share.wide{min-width:11rem}
tbody+tbody tr:first-child>*{border-top:2px solid var(--line)}
.choices td{padding:2px;border:0;min-width:4.6rem}
.choices th{padding-right:1.2rem;border:0}
.choices :is(.sum,.sum~td){padding-top:.7rem;font-weight:700}.choices .sum~td{text-align:center}
.choices th p{display:inline;margin-left:.5rem}
.choices label{display:block;position:relative;padding:.3rem .6rem;border:1px solid var(--line);border-radius:4px;cursor:pointer;text-align:center;background:rgba(var(--choice),calc(var(--strength,0)*.4))}
.choices label.none{color:var(--faint)}
.choices input{position:absolute;inset:0;opacity:0;margin:0;cursor:pointer;width:100%;height:100%}
.choices label:hover{border-color:var(--link)}
.choices label:has(:checked){outline:2px solid var(--text);outline-offset:-2px;font-weight:700}
.choices label:has(:checked) span::before{content:"▸\\a0"}
.choices label:has(:focus-visible){outline:3px solid var(--link);outline-offset:1px}
.left{display:none;font-weight:600;margin:.6rem 0}
.lefts{min-height:2.4rem}
.legend{margin:.2rem 0}
.hint{margin:0;color:var(--faint);font-size:.9rem}
@media (hover:none){.hint{display:none}}
.legend label{white-space:nowrap;margin-right:.8rem}
.sample{vertical-align:-.12em;background:#4b5347;border-radius:2px}
.sample path{fill:none}
.cases{display:grid;gap:1rem;margin-top:1rem}
.case{content-visibility:auto;contain-intrinsic-size:auto 27rem}
.case h3{font-size:1rem}
.case h3 .where{font-weight:400;font-size:.85rem}
.rank{color:var(--faint);font-weight:400;font-variant-numeric:tabular-nums;margin-right:.3rem}
.head ul{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;margin:0;padding:0}
.head li{white-space:nowrap}
.head .none{color:var(--faint)}.head .none b{font-weight:400}.head .none svg{opacity:.55}
.head h3,.tally{min-width:0}
.head .figures{flex-shrink:0;gap:.1rem 1rem}
.head+.head{margin:.25rem 0 .5rem}
.head{display:flex;justify-content:space-between;gap:.2rem 1rem}
.enlarge{white-space:nowrap}
.panels{display:grid;grid-template-columns:repeat(3,1fr);gap:.6rem}
.case:has(.enlarge :checked) .panels{grid-template-columns:1fr}
.panels figure{margin:0;min-width:0}
.panels svg{display:block;width:100%;height:auto;border-radius:4px;background:repeating-linear-gradient(45deg,#808890 0 1px,#50585f 1px 7px)}
.panels figcaption{font-size:.85rem;margin-top:.15rem}
[class^="m-"]{vector-effect:non-scaling-stroke;stroke-linejoin:round;fill-rule:evenodd;fill-opacity:.22}
.panels path:hover{fill-opacity:.5}
.shade{--shade:#000;--solid:none;--unfilled:none;--more:2px;stroke-opacity:.5;pointer-events:none}
${OUTLINES}
body:has(#show-hits:not(:checked)){--hits:none}
body:has(#show-outlines:not(:checked)) .panels :is(g,.shade){display:none}
@media (max-width:40rem){.panels{grid-template-columns:1fr}.enlarge{display:none}.case{contain-intrinsic-size:auto 75rem}.choices td{min-width:3.4rem}.choices label{padding:.45rem .3rem}.choices th{padding-right:.5rem}.choices th p{display:none}.headlines{grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr))}.headlines .value{font-size:1.35rem}.head:first-child{flex-wrap:wrap}thead th{white-space:normal}.choices .sample{display:none}}
@media print{nav,.filter,.enlarge,.legend label,.hint{display:none}.case{content-visibility:visible;break-inside:avoid}*{print-color-adjust:exact}}
`;
