// The report's style sheet: light and dark by the reader's setting, no fonts or files from elsewhere.

export const pageStyle = `
:root { color-scheme: light dark; --ink: #1d2127; --muted: #626b76; --page: #ffffff; --panel: #f5f6f8; --rule: #d9dde3;
  --main: #1f63c9; --second: #c25e00; --soft: #9aa5b3; --good: #15803d; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --muted: #9aa4b1; --page: #15181c; --panel: #1e2228;
  --rule: #343a43; --main: #78aefc; --second: #f0a35e; --soft: #67717f; --good: #5fce8a; --bad: #ff8f80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 28px 20px 60px; max-width: 1120px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 24px; margin: 0 0 2px; } h2 { font-size: 18px; margin: 40px 0 10px; } h3 { font-size: 15px; margin: 22px 0 8px; }
p { margin: 6px 0; max-width: 85ch; } .muted, .note { color: var(--muted); } .note { font-size: 12.5px; } p.note { max-width: 110ch; }
code { font: 13px/1.4 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 12px; margin: 18px 0; }
.tile { background: var(--panel); border-radius: 10px; padding: 12px 14px; }
.tile .muted { font-size: 13.5px; } .tile b { display: block; font-size: 21px; font-variant-numeric: tabular-nums; margin: 2px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
th { font-weight: 600; color: var(--muted); font-size: 13px; } th:first-child, td:first-child { text-align: left; }
td small { color: var(--muted); font-size: 12px; } td.bar { width: 240px; padding-right: 0; }
tr.strong td { font-weight: 650; } tr.strong td small { font-weight: 400; }
table.settings td { text-align: left; white-space: normal; } table.settings { width: auto; }
svg text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.span { display: block; width: 230px; height: 18px; }
.span .track { stroke: var(--rule); stroke-width: 1; } .span .ceiling { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 2 2; }
.span .before { stroke: var(--soft); fill: var(--soft); } .span .after { stroke: var(--main); fill: var(--main); } .span .half { stroke-width: 2.5; opacity: 0.55; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 18px 20px; }
figure { margin: 0; } .curve svg { width: 100%; height: auto; display: block; } figcaption { min-height: 44px; line-height: 1.35; }
.keys { display: block; font-size: 12.5px; color: var(--muted); }
.key { margin-right: 12px; white-space: nowrap; } .key::before { content: ""; display: inline-block; width: 14px; margin-right: 5px;
  vertical-align: 4px; border-top: 2.5px solid var(--soft); } .key.main::before { border-color: var(--main); }
.key.second::before { border-color: var(--second); } .key.dashed::before { border-top: 1.5px dashed var(--ink); }
.grid { stroke: var(--rule); stroke-width: 1; } .tick { fill: var(--muted); font-size: 11px; } .rule { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 4 3; }
.line { fill: none; stroke-linejoin: round; stroke-width: 1.6; } .line.soft, .whisker.soft { stroke: var(--soft); } .line.soft { stroke-width: 1.2; }
.line.main, .whisker.main { stroke: var(--main); } .line.second, .whisker.second { stroke: var(--second); } .whisker { stroke-width: 1.5; opacity: 0.55; }
.mark.main { fill: var(--main); } .mark.second { fill: var(--second); } .mark.soft { fill: var(--soft); }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(480px, 1fr)); gap: 22px; }
.sample { background: var(--panel); border-radius: 10px; padding: 12px 14px 14px; } .sample h4 { margin: 0 0 8px; font-size: 15px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; } .pair p .note { font-size: 11.5px; } .pair p { font-size: 12.5px; line-height: 1.45; margin: 5px 0 0; }
.picture { display: block; width: 100%; background: #fff; border: 1px solid var(--rule); image-rendering: pixelated; }
.picture image { image-rendering: pixelated; } .swatch { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 4px; }
.chain small { color: var(--muted); font-size: 11px; } .yes { color: var(--good); } .no { color: var(--bad); }
details { margin: 16px 0; } summary { cursor: pointer; font-weight: 600; color: var(--muted); }
.warning { border-left: 4px solid var(--bad); background: var(--panel); padding: 8px 12px; max-width: none; }
.caveats li { margin: 5px 0; max-width: 85ch; }
@media (max-width: 560px) { .samples { grid-template-columns: 1fr; } }
@media print { .sample, .curve { break-inside: avoid; } }
`;
