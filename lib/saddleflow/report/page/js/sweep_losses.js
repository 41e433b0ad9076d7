// Curves of the runs of a sweep over common time, by the values of an axis: median, quartiles and range of each group.

const bandParts = {range: ['low', 'high'], quartiles: ['lower', 'upper']};
const partWords = {median: '', low: ', lowest', high: ', highest', lower: ', lower quartile', upper: ', upper quartile'};
const bandShare = {range: 0.1, quartiles: 0.2};

/** Five curves a group, as the plot `curves` of the page. */
function makeGroupedCurves() {
  const {time, curves} = run.sweep.curves, {values} = curves.find(({name}) => name === chosenValue('curve'));
  const grouped = groupsOf(chosenValue('group'), shownRows()).flatMap(({label, rows}, group) => {
    const spreads = time.map((_unused, k) => spread(rows.map((row) => values[row][k])));
    return Object.keys(partWords).map((part) => ({name: label + partWords[part], group, part, values: spreads.map((one) => one[part])}));
  });
  return {time, step: time, curves: grouped};
}

let lastGrouped = {key: null};

/** They are asked for at every change of colours or axes, and take a while where the runs are many. */
function groupedCurves() {
  const key = JSON.stringify([chosenValue('group'), chosenValue('curve'), shownRows()]);
  if (lastGrouped.key !== key) lastGrouped = {key, plot: makeGroupedCurves()};
  return lastGrouped.plot;
}

/** Bands that overlap are not readable: of many groups the medians are drawn alone. */
function shownBands(count) {
  const chosen = chosenValue('band');
  if (chosen === 'fitting') return count <= 3 ? ['range', 'quartiles'] : count <= 6 ? ['range'] : [];
  return chosen === 'both' ? ['range', 'quartiles'] : chosen === 'none' ? [] : [chosen];
}

const groupCount = (curves) => 1 + Math.max(-1, ...curves.map(({group}) => group));

function sweepCurves() {
  const curves = sourceCurves('curves'), count = groupCount(curves), bands = shownBands(count);
  const edges = curves.filter(({part}) => bands.some((band) => bandParts[band].includes(part)));
  const shown = (list, style) => list.map((curve) => ({...curve, stroke: groupColour(curve.group, count), ...style}));
  return [...shown(edges, {width: 0, quiet: true}), ...shown(curves.filter(({part}) => part === 'median'), {width: 1.8})];
}

function sweepBands(curves) {
  const count = groupCount(curves), place = (group, part) => 1 + curves.findIndex((curve) => curve.group === group && curve.part === part);
  return shownBands(count).flatMap((band) => [...Array(count).keys()].map((group) => {
    const [low, high] = bandParts[band].map((part) => place(group, part));
    return {series: [high, low], fill: faded(groupColour(group, count), bandShare[band])};
  }));
}

const curveLabel = () => run.sweep.curves.curves.find(({name}) => name === chosenValue('curve')).label;

/** The plot is made once; what it shows follows the choices. */
function drawSweepCurves() {
  const plot = plots.find(({id}) => id === 'curves');
  if (!plot) return;
  run.plots.curves = groupedCurves();
  const column = sweepColumn(chosenValue('group'));
  plot.yLabel = curveLabel();
  plot.title = capital(curveLabel()) + (column ? ` by ${column.key}` : ' of all runs');
  plot.figure.querySelector('h3').textContent = plot.title;
  plot.figure.querySelector('.save').replaceWith(downloads(plot.title, () => plotSvg(plot), () => plotTable(plot)));
  plot.frame.setAttribute('aria-label', chartLabel(plot));
  section('curves-note').textContent = `Median over ${pooledWords(chosenValue('group'))}; ${plural(shownRows().length, 'run')}. ` +
      'A run that has ended is left out from there on.' + (run.sweep.curves.every > 1 ? ` Of the common times one in ${run.sweep.curves.every} is shown.` : '');
}

function addSweepCurves(parent) {
  const {curves} = run.sweep.curves;
  if (!curves.length) {
    parent.append(element('p', {class: 'empty'}, 'No run has a curve.'));
    return;
  }
  const groups = [...varyingColumns().map(({name, key}) => [name, key]), ['', 'all runs together']];
  const first = varyingAxes()[0] ?? varyingColumns()[0];
  parent.append(element('p', {class: 'choices'},
      choice('group', 'by', groups, first?.name ?? ''),
      choice('curve', 'curve', curves.map(({name, label}) => [name, label]), curves[0].name),
      choice('band', 'band', [['fitting', 'as many as can be read'], ['range', 'lowest to highest'], ['quartiles', 'quartiles'], ['both', 'both'], ['none', 'none']], 'fitting')),
      element('p', {class: 'note', id: 'curves-note'}));
  run.plots.curves = groupedCurves();
  addPlot(parent, {id: 'curves', title: 'Curves', source: 'curves', makeCurves: sweepCurves, height: 420, namedCurves: Infinity, bands: sweepBands});
}
