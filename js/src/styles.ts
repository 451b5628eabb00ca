// The styles of both elements. A host themes them with custom properties (`--oriel-…`), set on the
// element or anywhere above it, and with ::part(). Without a theme attribute they follow the page's
// own color-scheme, so that a page that is light only never gets a dark box.

export const styles = `
:host {
  display: block;
  container-type: inline-size;
  font-family: var(--oriel-font, inherit);
  font-size: var(--oriel-font-size, 0.875rem);
  line-height: 1.45;
  text-align: start;
  color: var(--oriel-text, light-dark(#1a1f26, #e7eaee));
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="auto"]) { color-scheme: light dark; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }

.root {
  --_surface: var(--oriel-surface, light-dark(#fff, #171b21));
  --_muted: var(--oriel-muted, light-dark(#5b6572, #9aa4b1));
  --_border: var(--oriel-border, light-dark(#e1e5ea, #2b323b));
  --_accent: var(--oriel-accent, light-dark(#1f5fbf, #82b1ff));
  --_accent-text: var(--oriel-accent-text, light-dark(#fff, #0b1524));
  --_hover: var(--oriel-hover, light-dark(#f2f5f8, #20262e));
  --_warn: var(--oriel-warning, light-dark(#8a5300, #f2c063));
  --_warn-surface: var(--oriel-warning-surface, light-dark(#fff6e5, #2c2415));
  --_radius: var(--oriel-radius, 0.625rem);
  --_gap: var(--oriel-gap, 1rem);
  position: relative;
}

.bar { display: flex; flex-wrap: wrap; gap: 0.75rem var(--_gap); align-items: center; margin-block-end: var(--_gap); min-block-size: 3.25rem; }
.heading { flex: 1 1 14rem; min-inline-size: 0; }
.heading h2 { margin: 0; font-size: 1.4em; font-weight: 650; line-height: 1.25; letter-spacing: -0.01em; text-wrap: balance; }
.heading p { margin: 0.125rem 0 0; color: var(--_muted); }
.controls { display: grid; gap: 0.5rem; }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; justify-content: flex-end; }
.heading h2:empty, .heading p:empty { inline-size: 9rem; block-size: 1em; border-radius: 0.375rem; background: light-dark(#e9edf1, #252b33); }
.heading p:empty { inline-size: 14rem; max-inline-size: 100%; block-size: 0.8em; margin-block-start: 0.5rem; }

button, select, input { font: inherit; color: inherit; }
select, .segments, .field input, .button {
  min-block-size: 2.25rem; border: 1px solid var(--_border); border-radius: calc(var(--_radius) * 0.8); background: var(--_surface);
}
select {
  appearance: none; max-inline-size: 100%; padding-block: 0; padding-inline: 0.75rem 2rem; text-overflow: ellipsis; font-weight: 550; cursor: pointer;
  background-image: linear-gradient(45deg, transparent 50%, currentColor 50%), linear-gradient(-45deg, transparent 50%, currentColor 50%);
  background-repeat: no-repeat; background-size: 0.3rem 0.3rem; background-position: right 1.05rem center, right 0.75rem center;
}
select:dir(rtl) { background-position: left 0.75rem center, left 1.05rem center; }
option { background: var(--_surface); color: CanvasText; }
select:hover, .button:hover { background-color: var(--_hover); }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }

.segments { display: inline-flex; margin: 0; padding: 2px; min-inline-size: 0; }
.segments label { position: relative; display: grid; }
.segments input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.segments span {
  display: grid; place-items: center; padding: 0 0.75rem; min-block-size: calc(2.25rem - 6px); border-radius: calc(var(--_radius) * 0.8 - 3px);
  color: var(--_muted); white-space: nowrap; transition: background-color .12s, color .12s;
}
.segments input:hover + span { color: inherit; background: var(--_hover); }
.segments input:checked + span { background: var(--_accent); color: var(--_accent-text); font-weight: 550; }
.segments input:focus-visible + span { outline: 2px solid var(--_accent); outline-offset: 3px; }

.custom { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; justify-content: flex-end; }
.custom[hidden] { display: none; }
.field { display: grid; gap: 0.125rem; color: var(--_muted); font-size: 0.86em; }
.field input { padding: 0 0.625rem; color: var(--oriel-text, light-dark(#1a1f26, #e7eaee)); font-size: 1rem; min-inline-size: 9rem; }
.button { padding: 0 0.875rem; font-weight: 550; cursor: pointer; white-space: nowrap; }
.button.primary { background: var(--_accent); border-color: var(--_accent); color: var(--_accent-text); }
.button.primary:hover { filter: brightness(1.08); }

.status:not(:empty) {
  display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; justify-content: space-between; margin-block-end: var(--_gap);
  padding: 0.625rem 0.875rem; border: 1px solid color-mix(in srgb, var(--_warn) 35%, transparent); border-radius: var(--_radius);
  background: var(--_warn-surface); color: var(--_warn);
}
.status p { margin: 0; flex: 1 1 16rem; }

.grid { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: var(--_gap); transition: opacity .15s; }
.grid[aria-busy="true"]:not(.first) { opacity: 0.55; }

.panel {
  grid-column: span var(--_span, 12); display: flex; flex-direction: column; min-inline-size: 0; margin: 0;
  padding: 0.875rem 1rem 0.625rem; background: var(--_surface); border: 1px solid var(--_border); border-radius: var(--_radius);
  box-shadow: var(--oriel-shadow, 0 1px 2px light-dark(rgb(16 24 40 / 0.05), transparent));
}
.panel > header { display: flex; gap: 0.5rem; align-items: baseline; justify-content: space-between; margin-block-end: 0.5rem; min-block-size: 1.45em; }
.title { margin: 0; margin-inline-end: auto; font-size: 1em; font-weight: 600; line-height: 1.45; overflow-wrap: anywhere; }
.live { flex: none; display: inline-flex; gap: 0.375rem; align-items: center; color: var(--_muted); font-size: 0.86em; }
.live::before { content: ""; inline-size: 0.5rem; block-size: 0.5rem; border-radius: 50%; background: var(--oriel-live, light-dark(#1a8f4c, #4cc98a)); }
@media (prefers-reduced-motion: no-preference) { .live::before { animation: pulse 2.4s ease-in-out infinite; } }
@keyframes pulse { 50% { opacity: 0.35; } }

.body { position: relative; flex: 1 1 auto; min-inline-size: 0; block-size: var(--_height, auto); }
.panel[data-shape="chart"] .body { --_height: var(--oriel-chart-height, 17rem); }
.panel[data-shape="chart"] .canvas { block-size: 100%; }
.panel[data-shape="list"] .body { --_height: auto; min-block-size: var(--oriel-chart-height, 17rem); }
.panel[data-shape="figure"] .body { --_height: auto; min-block-size: 4.25rem; }
.oriel-card:only-child > .oriel-card-label { display: none; } /* the panel's title says it */
.panel > footer { display: flex; flex-wrap: wrap; gap: 0.125rem 0.75rem; align-items: baseline; margin-block-start: 0.625rem; color: var(--_muted); font-size: 0.8em; min-block-size: 1.45em; }
.small { display: contents; }
.said:empty { position: absolute; } /* takes no room, and is there to be listened to */
.save { flex: none; padding: 0.3rem 0.375rem; margin: -0.3rem -0.375rem; outline-offset: 0; border: 0; border-radius: 0.3rem; background: none; color: var(--_muted); font-size: 0.8em; font-weight: 550; cursor: pointer; }
.save:hover { background: var(--_hover); color: var(--oriel-text, light-dark(#1a1f26, #e7eaee)); }
.save[aria-disabled] { opacity: 0.6; cursor: progress; }
@media (hover: hover) {
  .panel:not(:hover, :focus-within) .save { opacity: 0; } /* the figures come first; a finger finds it at all times */
}
.stale { flex-basis: 100%; color: var(--_warn); }
details { position: relative; }
summary { cursor: pointer; list-style: none; text-decoration: underline dotted; text-underline-offset: 0.2em; border-radius: 0.2rem; }
summary::-webkit-details-marker { display: none; }
details > p {
  position: absolute; z-index: 5; inset-block-end: calc(100% + 0.375rem); inset-inline-start: 0; inline-size: max-content; max-inline-size: min(18rem, 70cqi);
  margin: 0; padding: 0.5rem 0.75rem; border: 1px solid var(--_border); border-radius: calc(var(--_radius) * 0.8); background: var(--_surface);
  color: var(--oriel-text, light-dark(#1a1f26, #e7eaee)); box-shadow: 0 6px 24px rgb(0 0 0 / 0.16);
}

.failed { position: absolute; inset: 0; display: grid; place-content: center; justify-items: center; gap: 0.625rem; text-align: center; color: var(--_muted); }
.failed p { margin: 0; max-inline-size: 34ch; text-wrap: balance; }
.panel[data-shape="figure"] .failed { position: static; place-content: start; justify-items: start; text-align: start; }
.veiled > :not(.failed) { visibility: hidden; }

.bone { border-radius: 0.375rem; background: light-dark(#e9edf1, #252b33); }
.title.bone { inline-size: 38%; block-size: 0.9em; }
.body > .bone { block-size: 100%; min-block-size: inherit; }
.panel > footer > .bone { inline-size: 55%; block-size: 0.9em; align-self: center; }
@media (prefers-reduced-motion: no-preference) { .bone { animation: breathe 1.6s ease-in-out infinite; } }
@keyframes breathe { 50% { opacity: 0.55; } }

.hidden-text { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

@container (max-width: 860px) {
  .panel { grid-column: span 12; }
  .panel[data-shape="figure"] { grid-column: span 6; }
  .panel[data-narrow] { grid-column: span 6; }
}
@container (max-width: 560px) {
  .panel, .panel[data-narrow] { grid-column: span 12; }
  .panel[data-shape="figure"] { grid-column: span 6; padding-inline: 0.75rem; }
  .root { --_gap: var(--oriel-gap, 0.75rem); }
  .controls, .segments, .row > select { inline-size: 100%; }
  .row, .custom { justify-content: stretch; }
  .segments label { flex: 1 1 auto; }
  .segments span { padding: 0 0.125rem; font-size: 0.93em; }
  .field { flex: 1 1 8rem; }
  .field input { inline-size: 100%; min-inline-size: 0; }
}
@media (forced-colors: active) {
  .segments input:checked + span { background: Highlight; color: HighlightText; forced-color-adjust: none; }
}
@media print {
  :host, :host([theme]) { color-scheme: light; } /* browsers leave dark backgrounds out, and light text would stand on paper */
  .controls, .button, .save, .said { display: none; }
  .bar { min-block-size: 0; }
  .panel { break-inside: avoid; box-shadow: none; }
  .panel[data-shape] .body { --_height: auto; min-block-size: 0; }
}
`;
