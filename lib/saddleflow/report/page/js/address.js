// The view in the address, after the #: x, y, y.PLOT, zoom, theme, round, and the choices of choices.js. A link shows what its sender saw.

/** Steps of several runs do not belong together; a skeleton has none. */
const timeAxes = run.runs || run.sweep || run.skeleton ? ['linear', 'log'] : ['linear', 'log', 'steps'];
const valueAxes = ['linear', 'log'];

/** "from,to" on the time axis of the view; null where it is not an interval of the run. */
function readZoom(text) {
  const ends = (text ?? '').split(',').map(Number), source = plots[0] && run.plots[plots[0].source];
  if (!source || ends.length !== 2 || !ends.every(Number.isFinite) || !(ends[0] < ends[1])) return null;
  const abscissa = view.x === 'steps' ? source.step : source.time;
  if (ends[1] <= abscissa[0] || ends[0] >= abscissa.at(-1) || (view.x === 'log' && !(ends[0] > 0))) return null;
  return ends;
}

function readAddress() {
  const chosen = new URLSearchParams(location.hash.slice(1)), y = chosen.get('y');
  view.x = timeAxes.includes(chosen.get('x')) ? chosen.get('x') : run.time_axis;
  view.y = {};
  if (valueAxes.includes(y)) chooseValues(y);
  for (const plot of plots) {
    const own = chosen.get(`y.${plot.id}`);
    if (valueAxes.includes(own)) view.y[plot.id] = own;
  }
  view.theme = ['light', 'dark'].includes(chosen.get('theme')) ? chosen.get('theme') : '';
  readChoices(chosen);
  if (run.sweep) drawSweepCurves();  // their times are those of a zoom
  view.zoom = readZoom(chosen.get('zoom'));
  const round = Number(chosen.get('round') ?? NaN);
  view.round = Number.isInteger(round) && run.rounds?.list[round] ? round : null;
}

let addressIsRead = false;

/** Only what the reader has chosen: of a page as it opens the address stays bare. */
function writeAddress() {
  if (!addressIsRead) return;
  const parts = [];
  if (view.x !== run.time_axis || view.zoom) parts.push(`x=${view.x}`);
  const common = commonValues();
  if (common && plots.some((plot) => view.y[plot.id])) parts.push(`y=${common}`);
  else for (const plot of plots) if (view.y[plot.id] && view.y[plot.id] !== plot.start) parts.push(`y.${plot.id}=${view.y[plot.id]}`);
  if (view.zoom) parts.push(`zoom=${view.zoom.join(',')}`);
  if (view.theme) parts.push(`theme=${view.theme}`);
  parts.push(...choicesAsAddress());
  if (run.rounds && view.round !== null && view.round !== run.rounds.list.length - 1) parts.push(`round=${view.round}`);
  const hash = parts.length ? `#${parts.join('&')}` : '';
  // Not a new entry of the history: the back button leaves the page.
  if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search);
}

addEventListener('hashchange', () => {
  readAddress();
  refresh();
});
