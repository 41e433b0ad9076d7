// Puts the page together and answers the switches.

function chooseValues(kind) {
  for (const plot of plots) view.y[plot.id] = kind;
}

const commonValues = () => {
  const kinds = new Set(plots.filter((plot) => !plot.fixed).map((plot) => (isLog(plot) ? 'log' : 'linear')));
  return kinds.size === 1 ? [...kinds][0] : '';
};

function switchOf(label, options, current, choose) {
  const keys = element('span', {class: 'keys', role: 'group', 'aria-label': label}, options.map((option) => element('button', {
    'data-choice': option,
    onclick: () => {
      choose(option);
      refresh();
    },
  }, option)));
  const update = () => keys.querySelectorAll('button').forEach((button) =>
      button.setAttribute('aria-pressed', String(button.dataset.choice === current())));
  return {node: element('span', {class: 'switch'}, label, keys), update};
}

const switches = [
  switchOf('time', timeAxes, () => view.x, (x) => {
    view.x = x;
    view.zoom = null;
  }),
  switchOf('values', ['linear', 'log'], commonValues, chooseValues),
  switchOf('paper', ['light', 'dark'], () => (isDark() ? 'dark' : 'light'), (theme) => { view.theme = theme; }),
];

function addToolbar() {
  section('toolbar').append(switches[0].node, switches[1].node,
      element('button', {id: 'reset', onclick: resetZoom}, 'reset zoom'), switches[2].node,
      element('span', {class: 'hint'}, 'drag to zoom · double click to reset · hover for values'));
}

/** A file of KKT or critical points alone has nothing to show here. */
function removeTrajectory() {
  for (const id of ['loss', 'norms', 'modes', 'directions', 'spectrum', 'gauges', 'events', 'toolbar']) section(id).remove();
  if (!run.saddles.length) section('saddles').remove();
}

/** A network that grows need not have what other runs record. */
function removeUnused() {
  if (!run.rounds) return;
  if (!run.events.length) section('events')?.remove();
  for (const id of ['saddles', 'spectrum']) if (!run.saddles.length) section(id)?.remove();
}

function report() {
  writeAddress();
  const body = document.body.dataset;
  body.errors = outcome.errors;
  body.plots = plots.length;
  body.series = plots.reduce((sum, plot) => sum + plot.chart.series.length - 1, 0);
  body.points = plots.reduce((most, plot) => Math.max(most, plot.chart.data[0].length), 0);
  body.x = view.x;
}

/** Draws everything that depends on axes, colours or the width of the window. */
function refresh() {
  if (view.theme) document.documentElement.dataset.theme = view.theme;
  else delete document.documentElement.dataset.theme;
  if (run.sweep) drawSweep();
  rebuild();
  if (run.rows) {
    addDirections();
    if (section('spectrum')) addSpectra();
  }
  addKktPictures();
  addWeightPictures();
  addRoundPictures();
  for (const each of switches) each.update();
  report();
}

function start() {
  if (run.sweep) addSweep();
  else if (run.runs) addSeveral();
  else if (run.skeleton) addSkeleton();
  else addSingle();
  readAddress();
  addressIsRead = true;
  if (plots.length) addToolbar();
  refresh();
  document.body.dataset.ready = 'yes';
}

function addSingle() {
  for (const id of ['runs', 'skeleton', 'sequences']) section(id).remove();
  addHeader();
  if (run.rows) addTimePlots();
  else removeTrajectory();
  removeUnused();
  if (section('spectrum') && run.saddles.length) explain(section('spectrum'), spectrumTerms());
  addKkt();
  addCatalogue();
  addRounds();
  if (section('events')) addEvents();
  if (section('saddles')) addSaddles();
  addStudy();
  addProvenance();
}

let width = innerWidth;
addEventListener('resize', () => {
  if (innerWidth === width) return;
  width = innerWidth;
  requestAnimationFrame(refresh);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', refresh);

try {
  start();
} catch (error) {
  noteError(error);
}
