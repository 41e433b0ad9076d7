// The page of a sweep: what its runs have in common, by its axes.

function addSweepHeader() {
  const {runs, columns, tool, states} = run.sweep, count = (state) => runs.state.filter((one) => one === state).length;
  section('kind').textContent = [run.file, `a sweep of ${tool}`].join('  ·  ');
  const axes = varyingColumns().filter(({role}) => role !== 'value').map((column) => `${valuesOf(column).length} ${column.key}`);
  const rest = states.filter((state) => state !== 'finished' && count(state)).map((state) => `, ${count(state)} ${state}`);
  section('verdict').append(element('b', {}, `${number(count('finished'))} of ${plural(runCount(), 'run')} finished`), ...rest, axes.length ? ` (${axes.join(' × ')}).` : '.');
  const {values: losses} = sweepResult('final_loss') ?? {values: []}, finals = spread(losses.filter((_unused, row) => runs.state[row] === 'finished'));
  const dials = [['runs', number(runCount())], ...states.filter((state) => state === 'finished' || count(state)).map((state) => [state, number(count(state))]),
                 ['axes', number(columns.filter(({role}) => role === 'axis').length)], ['final loss, median', number(finals.median)], ['visits', number(run.sweep.visits.loss.flat().length)]];
  section('dials').append(...dials.map(([label, value]) => element('div', {}, element('dt', {}, label), element('dd', {}, value))));
}

/** Above all sections, as they all follow it. */
function addSweepFilters() {
  const any = ['', 'all'];
  section('toolbar').append(element('span', {class: 'filters'},
      choice('runs', 'runs', [['finished', 'finished'], ['all', 'all with a file']], 'finished'),
      ...varyingAxes().map((column) => choice(`only.${column.name}`, column.key, [any, ...valuesOf(column).map((value) => [String(value), valueText(value)])], ''))));
}

function addSweep() {
  const part = (id, title, look) => element('section', {id, class: look}, element('h2', {}, title));
  const parts = {axes: part('axes', 'Axes', 'narrow'), failures: part('failures', 'Runs that have not finished', 'narrow'), losses: part('losses', 'Curves over time'),
                 scaling: part('scaling', 'Scaling'), saddles: part('saddles', 'Visits'), runs: part('runs', 'Runs'), study: part('study', 'Study and sweep'),
                 provenance: part('provenance', 'Provenance')};
  document.querySelector('main').replaceChildren(...Object.values(parts));
  addSweepHeader();
  addAxes(parts.axes);
  addFailures(parts.failures);
  addSweepFilters();
  addSweepCurves(parts.losses);
  addScaling(parts.scaling);
  addSweepVisits(parts.saddles);
  addRunTable(parts.runs);
  parts.study.append(toml(run.sweep.sweep), element('details', {}, element('summary', {}, 'the study'), toml(run.sweep.study)));
  parts.provenance.append(definitions([['tool', run.sweep.tool], ['history', run.sweep.history]]));
}

/** All that follows the choices but the plots over time, which are rebuilt with the others. */
function drawSweep() {
  drawSweepCurves();
  drawScaling();
  drawSweepVisits();
  drawRunTable();
}
