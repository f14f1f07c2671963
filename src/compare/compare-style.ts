/** The style sheet of a comparison: light and dark themes, and narrow screens. */
export const style = /* css */ `
:root {
  color-scheme: light;
  --page: #ffffff; --ink: #1a1a1a; --faint: #5c5c5c; --line: #d6d6d6; --blank: #ececec;
  --for: #b2182b; --against: #2166ac; --mark: #0b57d0;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
    color-scheme: dark;
    --page: #161616; --ink: #ececec; --faint: #a6a6a6; --line: #3c3c3c; --blank: #2a2a2a;
    --for: #f4a582; --against: #92c5de; --mark: #8ab4f8;
  }
}
:root[data-theme="dark"] {
  color-scheme: dark;
  --page: #161616; --ink: #ececec; --faint: #a6a6a6; --line: #3c3c3c; --blank: #2a2a2a;
  --for: #f4a582; --against: #92c5de; --mark: #8ab4f8;
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1rem 1.25rem 3rem;
  background: var(--page); color: var(--ink);
  font: 15px/1.4 system-ui, sans-serif;
}
h1 { font-size: 1.25rem; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
h3 { font-size: .95rem; margin: 1rem 0 .5rem; }
p { margin: 0 0 .5rem; max-width: 75ch; }
a { color: var(--mark); }
.faint, figcaption .faint { color: var(--faint); }
#controls {
  position: sticky; top: 0; z-index: 2;
  display: flex; flex-wrap: wrap; gap: .4rem 1.25rem; align-items: center;
  margin: .5rem 0 1rem; padding: .5rem 0;
  background: var(--page); border-bottom: 1px solid var(--line);
}
#controls label { display: inline-flex; gap: .4rem; align-items: center; }
#percent { display: inline-block; min-width: 3.2em; }
#reading { min-height: 1.4em; flex-basis: 100%; margin: 0; font-variant-numeric: tabular-nums; }
.notes { border-left: 3px solid var(--for); padding-left: .75rem; }
section { margin: 0 0 2rem; scroll-margin-top: 6rem; }
h2 .faint { font-weight: 400; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(168px, 1fr)); gap: .75rem; }
figure { margin: 0; min-width: 0; }
figcaption { display: flex; justify-content: space-between; gap: .5rem; }
figcaption b { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.stage { position: relative; line-height: 0; overflow: hidden; }
.stage img, .stage canvas { width: 100%; height: auto; image-rendering: auto; }
.stage canvas.coarse, .stage img.coarse { image-rendering: pixelated; }
.stage canvas { cursor: crosshair; }
canvas:focus-visible, a:focus-visible { outline: 3px solid var(--mark); outline-offset: 1px; }
.cross {
  position: absolute; width: 13px; height: 13px; margin: -6.5px 0 0 -6.5px; pointer-events: none;
  border: 1.5px solid #fff; border-radius: 50%; box-shadow: 0 0 0 1.5px #000, inset 0 0 0 1px #000;
}
.cross[hidden] { display: none; }
.bar { display: block; width: 100%; height: 7px; margin-top: 4px; }
.ends {
  display: flex; justify-content: space-between; font-size: .8rem; color: var(--faint);
  font-variant-numeric: tabular-nums;
}
.ends output { color: var(--ink); font-weight: 600; }
.problem { background: var(--blank); padding: .75rem; aspect-ratio: 1; overflow: auto; font-size: .85rem; }
.layers { overflow-x: auto; }
.layers svg { display: block; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.layers text { fill: var(--ink); }
.layers .name { fill: var(--faint); }
.layers .for { fill: var(--for); }
.layers .against { fill: var(--against); }
.layers .total { fill: var(--ink); }
.layers line { stroke: var(--line); }
.strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: .5rem; font-size: .8rem; }
.strip figcaption { display: block; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .25rem .75rem; margin: .5rem 0; }
nav [aria-current] { font-weight: 600; }
`;
