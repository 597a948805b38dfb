"""How a card looks by itself, on a screen and on paper."""

STYLE = """\
:root { color-scheme: light dark; --text: light-dark(#1c2128, #e6e8eb); --faint: light-dark(#5c6672, #9aa4b0);
  --line: light-dark(#dfe3e8, #343b45); --page: light-dark(#ffffff, #14171b); --tint: light-dark(#f4f6f8, #1b1f25);
  --link: light-dark(#0b5cad, #7db8ff); --warn: light-dark(#7a5200, #f0c05a); --good: light-dark(#17692f, #6fd08c); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 58rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
header { border-bottom: 2px solid var(--text); margin-bottom: 1.2rem; }
header p { margin: 0 0 .6rem; color: var(--faint); }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
h4, h5, h6 { font-size: .95rem; margin: .8rem 0 .2rem; }
p, ul, ol { margin: .4rem 0; }
a { color: var(--link); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.4rem; margin: .6rem 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; min-width: min(100%, 26rem); font-size: .9rem; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; border-bottom: 1.5px solid var(--faint); }
.number { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
td:first-child { overflow-wrap: normal; }
td small { display: block; color: var(--faint); font-size: .78em; white-space: nowrap; }
code, pre { font: .84em/1.45 ui-monospace, monospace; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.human { border-left: 3px solid var(--link); background: var(--tint); padding: .3rem 1rem; margin: .8rem 0; overflow-wrap: anywhere; }
.human.stale, .human.too-short, .human.placeholder { border-color: var(--warn); }
.human.unwritten { border-left-style: dotted; border-color: var(--faint); color: var(--faint); font-style: italic; }
.stale-note { color: var(--warn); }
.by { color: var(--faint); font-size: .82rem; }
blockquote { margin: .4rem 0; padding-left: .8rem; border-left: 2px solid var(--line); color: var(--faint); }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 1.6rem; margin: .8rem 0; align-items: flex-start; }
figure { margin: 0; max-width: 100%; display: table; }
figcaption { color: var(--faint); font-size: .82rem; display: table-caption; caption-side: bottom; }
svg { max-width: 100%; height: auto; }
.drawing { overflow-x: auto; }
svg.lineage rect { fill: var(--tint); stroke: var(--faint); stroke-width: 1.2; }
svg.lineage .centre rect { stroke: var(--link); stroke-width: 2.5; }
svg.lineage .dataset rect { stroke: var(--warn); }
svg.lineage .deployment rect { stroke: var(--good); }
svg.lineage path { fill: none; stroke: var(--faint); stroke-width: 1.3; }
svg.lineage circle { fill: var(--faint); }
svg.lineage text { fill: var(--text); font: 12px system-ui, sans-serif; }
svg.lineage text.kind { fill: var(--faint); font-size: 11px; }
@page { size: A4; margin: 18mm 16mm 18mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #5c6672; } }
@media print {
  :root { color-scheme: light; }
  body { font-size: 10pt; background: none; }
  table { font-size: 8.5pt; }
  th, td { padding: .18rem .35rem; }
  main { max-width: none; padding: 0; }
  h1, h2, h3, h4, h5, h6 { break-after: avoid; }
  thead { display: table-header-group; }
  svg.roc, svg.pr, svg.calibration { width: 82mm; }
  .figures { gap: 4mm; }
  tr, figure, dl, blockquote, .human, li { break-inside: avoid; }
  .by { break-before: avoid; }
  .table, .drawing { overflow: visible; }
  p, li { orphans: 3; widows: 3; }
  a { color: inherit; }
  .human a[href]::after { content: " (" attr(href) ")"; font-size: .85em; overflow-wrap: anywhere; }
  .human, pre { print-color-adjust: exact; }
}
"""
"""No colour says anything that words or shapes do not say too."""
