/**
 * The styles of the charts, for a constructable style sheet or a file. Hosts set the custom properties
 * `--oriel-series-1` to `-8`, `--oriel-text`, `--oriel-muted`, `--oriel-grid`, `--oriel-surface`, `--oriel-accent`,
 * `--oriel-good` and `--oriel-bad`. Light and dark follow the element's `color-scheme`, so a page that
 * is light only stays light.
 */
export const chartsCss = `
.oriel-chart {
  --_1: #2f6bed; --_2: #0b8a7d; --_3: #c2620a; --_4: #b83a97; --_5: #7353e5; --_6: #4b7f1f; --_7: #cf3f46; --_8: #5d6b82;
  --_text: #1c2430; --_muted: #5b6675; --_grid: #e6e9ee; --_zero: #b6bdc8; --_surface: #fff; --_accent: var(--oriel-series-1, var(--_1));
  --_good: #127a45; --_bad: #c22f36; --_goodbg: #e5f5ec; --_badbg: #fdebec; --_evenbg: #eef0f3; --_land: #e9ecf1;
}
@supports (color: light-dark(#000, #fff)) {
  .oriel-chart {
    --_1: light-dark(#2f6bed, #6ea0ff); --_2: light-dark(#0b8a7d, #35c4b1); --_3: light-dark(#c2620a, #f2a04a);
    --_4: light-dark(#b83a97, #e884cb); --_5: light-dark(#7353e5, #a894ff); --_6: light-dark(#4b7f1f, #93c95e);
    --_7: light-dark(#cf3f46, #fb8388); --_8: light-dark(#5d6b82, #9fadc2);
    --_text: light-dark(#1c2430, #e8ecf2); --_muted: light-dark(#5b6675, #a0abbb); --_grid: light-dark(#e6e9ee, #2b323d);
    --_zero: light-dark(#b6bdc8, #4d5868); --_surface: light-dark(#fff, #171b22);
    --_good: light-dark(#127a45, #58d08f); --_bad: light-dark(#c22f36, #ff8f93);
    --_goodbg: light-dark(#e5f5ec, #15301f); --_badbg: light-dark(#fdebec, #3a1c1f); --_evenbg: light-dark(#eef0f3, #262d37);
    --_land: light-dark(#e9ecf1, #2a313c);
  }
}
.oriel-chart {
  --t: var(--oriel-text, var(--_text)); --m: var(--oriel-muted, var(--_muted)); --g: var(--oriel-grid, var(--_grid));
  --s: var(--oriel-surface, var(--_surface)); --a: var(--oriel-accent, var(--_accent));
  --oriel-c: var(--a);
  position: relative; box-sizing: border-box; display: flex; flex-direction: column; min-width: 0; max-width: 100%;
  color: var(--t); font-family: inherit; font-size: 0.8125rem; line-height: 1.4; text-align: start;
  text-indent: 0; text-transform: none; letter-spacing: normal; white-space: normal;
}
.oriel-chart *, .oriel-chart *::before { box-sizing: border-box; }
.oriel-chart.oriel-fills { height: 100%; }
.oriel-chart [hidden] { display: none; }
.oriel-chart button { width: auto; height: auto; min-width: 0; margin: 0; float: none; box-shadow: none; letter-spacing: normal; text-shadow: none; text-transform: none; }
.oriel-s1 { --oriel-c: var(--oriel-series-1, var(--_1)); } .oriel-s2 { --oriel-c: var(--oriel-series-2, var(--_2)); }
.oriel-s3 { --oriel-c: var(--oriel-series-3, var(--_3)); } .oriel-s4 { --oriel-c: var(--oriel-series-4, var(--_4)); }
.oriel-s5 { --oriel-c: var(--oriel-series-5, var(--_5)); } .oriel-s6 { --oriel-c: var(--oriel-series-6, var(--_6)); }
.oriel-s7 { --oriel-c: var(--oriel-series-7, var(--_7)); } .oriel-s8 { --oriel-c: var(--oriel-series-8, var(--_8)); }
.oriel-sr { position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; border: 0; }
.oriel-title { font-size: var(--oriel-size, 0.875rem); font-weight: 600; height: 26px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.oriel-title:empty, .oriel-note:empty { display: none; }
.oriel-note { margin: 0; padding: 4px 0 0; color: var(--oriel-over, var(--m)); font-size: 0.75rem; }
.oriel-body { display: flex; flex-direction: column; min-width: 0; }
.oriel-body[data-legend='bottom'] { flex-direction: column-reverse; }
.oriel-body[data-legend='left'] { flex-direction: row; align-items: center; }
.oriel-body[data-legend='right'] { flex-direction: row-reverse; align-items: center; }
.oriel-body[data-legend='none'] .oriel-legend { display: none; }
.oriel-legend { padding: 0 0 6px; min-width: 0; font-size: var(--oriel-size, 0.75rem); }
.oriel-body[data-legend='bottom'] .oriel-legend { padding: 6px 0 0; }
.oriel-body[data-legend='left'] .oriel-legend, .oriel-body[data-legend='right'] .oriel-legend { padding: 0; flex: 0 0 auto; max-width: 45%; }
.oriel-legend-items { display: flex; flex-wrap: wrap; gap: 0 4px; margin: 0 -6px; min-width: 0; }
.oriel-body[data-legend='left'] .oriel-legend-items, .oriel-body[data-legend='right'] .oriel-legend-items { flex-direction: column; margin: 0; }
.oriel-legend-item {
  display: inline-flex; align-items: center; gap: 7px; max-width: 100%; min-height: 26px; margin: 0; padding: 2px 6px; border: 0; border-radius: 5px;
  background: none; color: inherit; font: inherit; text-align: start;
}
button.oriel-legend-item { cursor: pointer; }
.oriel-body:is([data-legend='top'], [data-legend='bottom']) .oriel-legend { display: flex; align-items: center; justify-content: space-between; }
.oriel-legend-items.oriel-paged { overflow: hidden; } .oriel-paged > * { flex: none; }
.oriel-body:is([data-legend='left'], [data-legend='right']) .oriel-paged { flex-wrap: nowrap; }
.oriel-legend .oriel-pager { padding: 0; justify-content: center; gap: 4px; flex: none; color: inherit; } .oriel-legend .oriel-pager button { width: 24px; height: 24px; border: 0; }
button.oriel-legend-item:hover { background: var(--g); }
.oriel-legend-item[aria-pressed='false'] .oriel-legend-label { color: var(--m); text-decoration: line-through; }
.oriel-legend-item[aria-pressed='false'] .oriel-key { background: none; box-shadow: inset 0 0 0 1.5px var(--m); }
.oriel-legend-label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.oriel-legend-value { margin-inline-start: auto; padding-inline-start: 6px; font-weight: 600; font-variant-numeric: tabular-nums; }
.oriel-key { flex: none; width: 10px; height: 10px; border-radius: 3px; background: var(--oriel-c); print-color-adjust: exact; }
.oriel-key.oriel-before { width: 14px; height: 0; border-radius: 0; border-top: 2px dashed var(--oriel-c); background: none; opacity: 0.75; }
.oriel-chart-column .oriel-key.oriel-before { width: 10px; height: 10px; border: 0; border-radius: 3px; background: var(--oriel-c); opacity: 0.4; }
.oriel-stage { position: relative; min-width: 0; flex: 1 1 auto; border-radius: 6px; touch-action: pan-y; -webkit-tap-highlight-color: transparent; }
.oriel-stage > svg { display: block; position: absolute; top: 0; left: 0; overflow: visible; font-family: inherit; }
.oriel-chart :focus-visible { outline: 2px solid var(--a); outline-offset: 2px; }
.oriel-chart :focus:not(:focus-visible) { outline: none; }
.oriel-nodata {
  display: flex; align-items: center; justify-content: center; padding: 28px 16px;
  color: var(--oriel-over, var(--m)); text-align: center; border: 1px dashed var(--g); border-radius: 6px;
}
.oriel-chart-table.oriel-fills > .oriel-nodata { flex: 1; }
.oriel-stage > .oriel-nodata { position: absolute; inset: 0; padding-block: 0; }
.oriel-plot { fill: none; } .oriel-annotation { fill: var(--oriel-over, var(--t)); font-size: var(--oriel-size, 12px); pointer-events: none; }
.oriel-tick, .oriel-axis-title { fill: var(--m); font-size: var(--oriel-size, 12px); font-variant-numeric: tabular-nums; }
.oriel-grid { stroke: var(--g); shape-rendering: crispEdges; } .oriel-zero { stroke: var(--oriel-grid, var(--_zero)); shape-rendering: crispEdges; }
.oriel-line { fill: none; stroke: var(--oriel-c); stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.oriel-line.oriel-before { stroke-width: 1.5; stroke-dasharray: 2 5; opacity: 0.8; }
.oriel-area.oriel-stacked { fill: var(--oriel-c); fill-opacity: 0.55; }
.oriel-shade { stop-color: var(--oriel-c); }
.oriel-point { fill: var(--oriel-c); }
.oriel-dot { fill: var(--oriel-c); stroke: var(--s); stroke-width: 2; }
.oriel-dot.oriel-chosen { stroke: var(--t); }
.oriel-cross { stroke: var(--m); stroke-opacity: 0.55; shape-rendering: crispEdges; pointer-events: none; }
.oriel-bar { fill: var(--oriel-c); } .oriel-bar.oriel-before { fill-opacity: 0.38; }
.oriel-bar.oriel-chosen, .oriel-slice.oriel-chosen, .oriel-land.oriel-chosen { stroke: var(--t); stroke-width: 2; }
.oriel-band { fill: var(--m); fill-opacity: 0.09; }
.oriel-dim { opacity: 0.35; }
.oriel-slice { fill: var(--oriel-c); stroke: var(--s); stroke-width: 1.5; stroke-linejoin: round; }
.oriel-slice-text { font-size: var(--oriel-size, 12px); font-weight: 600; fill: var(--s); pointer-events: none; text-anchor: middle; font-variant-numeric: tabular-nums; }
.oriel-hole-value { font-size: 20px; font-weight: 650; fill: var(--t); text-anchor: middle; font-variant-numeric: tabular-nums; }
.oriel-hole-label { font-size: 12px; fill: var(--m); text-anchor: middle; }
.oriel-track { fill: var(--m); fill-opacity: 0.1; }
.oriel-name { fill: var(--t); font-size: 12.5px; } .oriel-value { fill: var(--t); font-size: 12.5px; font-weight: 550; font-variant-numeric: tabular-nums; }
.oriel-land { fill: var(--_land); stroke: var(--s); stroke-width: 0.6; stroke-linejoin: round; }
.oriel-land.oriel-valued { fill: color-mix(in oklab, var(--oriel-c) calc(var(--oriel-share) * 100%), var(--_land)); }
.oriel-land.oriel-lit { stroke: var(--t); stroke-width: 1.4; }
.oriel-step { fill: color-mix(in oklab, var(--oriel-c) calc(var(--oriel-share) * 100%), var(--_land)); }
.oriel-tooltip {
  position: absolute; top: 0; left: 0; z-index: 2; max-width: min(300px, 100%); padding: 8px 10px; border-radius: 7px; pointer-events: none; width: max-content;
  background: var(--s); color: var(--t); border: 1px solid var(--g); box-shadow: 0 4px 16px rgb(10 20 40 / 0.14), 0 1px 3px rgb(10 20 40 / 0.1); font-size: 0.75rem;
}
.oriel-tip-title { font-weight: 600; margin: 0 0 4px; overflow-wrap: anywhere; }
.oriel-tip-title:empty { display: none; }
.oriel-tip-line { display: flex; align-items: center; gap: 8px; padding: 1px 0; }
.oriel-tip-label { color: var(--m); flex: 1 1 auto; overflow-wrap: anywhere; }
.oriel-tip-value { font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; margin-inline-start: 8px; }
.oriel-tip-line.oriel-on .oriel-tip-label { color: var(--t); font-weight: 600; }
.oriel-cards { display: flex; flex-wrap: wrap; gap: 16px 24px; }
.oriel-card { display: flex; flex-direction: column; flex: 1 1 120px; min-width: 0; }
.oriel-card-label { color: var(--m); font-size: 0.8125rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.oriel-card-value { font-size: 1.875rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.oriel-card-change { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 6px; margin-top: 4px; color: var(--m); font-size: 0.75rem; }
.oriel-change { display: inline-flex; align-items: center; gap: 3px; padding: 1px 7px 1px 5px; border-radius: 99px; font-weight: 600; font-variant-numeric: tabular-nums; }
.oriel-good { color: var(--oriel-good, var(--_good)); background: var(--_goodbg); } .oriel-bad { color: var(--oriel-bad, var(--_bad)); background: var(--_badbg); }
.oriel-change abbr { text-decoration: none; }
.oriel-even { color: var(--m); background: var(--_evenbg); }
.oriel-arrow path { fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
.oriel-spark { margin-top: auto; padding-top: 8px; } .oriel-spark svg { display: block; }
.oriel-scroll { overflow-x: auto; min-width: 0; }
.oriel-table { width: 100%; border-collapse: collapse; font-size: 0.8125rem; }
:where(.oriel-table) :is(th, td) { padding: 7px 10px; border-bottom: 1px solid var(--g); text-align: start; font-weight: 400; vertical-align: middle; }
:where(.oriel-table thead) th { padding-block: 2px; color: var(--m); white-space: nowrap; font-size: 0.75rem; }
:where(.oriel-table) .oriel-number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
:where(.oriel-table tbody tr:hover) { background: color-mix(in srgb, var(--m) 6%, transparent); }
:where(.oriel-table tbody) [scope] { max-width: 26em; overflow-wrap: anywhere; min-width: 9em; }
:where(.oriel-table tfoot) :is(td, th) { font-weight: 600; border-bottom: 0; }
:where(.oriel-table) .oriel-chosen { background: color-mix(in srgb, var(--a) 12%, transparent); }
.oriel-table .oriel-barred { background: linear-gradient(var(--_bar), var(--_bar)) no-repeat left center / calc(var(--oriel-share) * 100%) calc(100% - 8px); --_bar: color-mix(in srgb, var(--a) 13%, transparent); }
.oriel-table .oriel-barred:dir(rtl) { background-position: right center; }
.oriel-number .oriel-sort { flex-direction: row-reverse; }
.oriel-sort { display: inline-flex; align-items: center; gap: 4px; margin: 0; padding: 4px 0; border: 0; background: none; color: inherit; font: inherit; font-weight: 600; cursor: pointer; border-radius: 4px; }
.oriel-sort:hover { color: var(--t); }
.oriel-sort svg { flex: none; } .oriel-sort path { fill: none; stroke: currentColor; stroke-width: 1.5; opacity: 0; stroke-linecap: round; stroke-linejoin: round; }
.oriel-sort:hover path { opacity: 0.4; } [aria-sort] > .oriel-sort { color: var(--t); } [aria-sort] > .oriel-sort path { opacity: 1; }
[aria-sort='ascending'] > .oriel-sort svg { transform: scaleY(-1); }
.oriel-pager { display: flex; align-items: center; justify-content: flex-end; gap: 6px; padding: 8px 0 0; color: var(--m); font-size: 0.75rem; font-variant-numeric: tabular-nums; }
.oriel-pager button { display: inline-flex; align-items: center; justify-content: center; width: 28px; height: 28px; padding: 0; border: 1px solid var(--g); border-radius: 6px; background: none; color: var(--t); cursor: pointer; }
.oriel-pager button:hover:not(:disabled) { background: var(--g); } .oriel-pager button:disabled { color: var(--m); opacity: 0.5; cursor: default; }
.oriel-pager svg { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.oriel-pager:dir(rtl) svg { transform: scaleX(-1); }
.oriel-wait { animation: oriel-wait 1.6s ease-in-out infinite; }
@keyframes oriel-wait { 50% { opacity: 0.45; } }
@media (prefers-reduced-motion: no-preference) {
  .oriel-trace, .oriel-bar, .oriel-slice, .oriel-land { transition: opacity 0.12s; }
  .oriel-tooltip { transition: transform 0.08s ease-out; }
}
@media (prefers-reduced-motion: reduce) { .oriel-wait { animation: none; } }
@media (forced-colors: active) {
  .oriel-chart svg, .oriel-key { forced-color-adjust: none; }
  .oriel-chart { --t: CanvasText; --m: CanvasText; --g: GrayText; --s: Canvas; --a: Highlight; --_zero: CanvasText; --_land: Canvas; }
  .oriel-land { stroke: CanvasText; } .oriel-tooltip { border-color: CanvasText; } .oriel-change { border: 1px solid CanvasText; }
}
@media print { /* paper is narrower than what was drawn for the screen, and nothing is drawn again for it */
  .oriel-stage { height: auto !important; }
  .oriel-stage > svg { position: static; max-width: 100%; height: auto; }
  .oriel-scroll { overflow: visible; }
  .oriel-tooltip { display: none; }
}
`;
