// Figures of the rounds over their number, or over the neurons: charts with an abscissa of their own.

/** A curve over the rounds: [name, row => value, colour, stepped]. */
const roundCurve = ([name, of, hue, stepped]) => ({name, hue, stepped, values: run.rounds.list.map((r) => (known(of(r)) ? of(r) : null))});

const roundCharts = [
  {id: 'loss', title: 'Loss after each round', yLabel: 'loss L', log: true, stepped: true,
   curves: [['loss', (r) => r.loss_after, 'c1', true], ['test loss', (r) => r.test_loss, 'c2', true]]},
  {id: 'value', title: 'Value N of the neurons', yLabel: 'N', log: true,
   curves: [['appended', (r) => r.value, 'c4'], ['next', (r) => r.next_value, 'c3']]},
  {id: 'test', title: 'Test error', yLabel: 'test error', over: 'hidden neurons', curves: [['test error', (r) => r.test_error, 'c2']]},
];

/** The axis of the rounds, or of the neurons: whole numbers. */
function countAxis(label) {
  const base = axis(2, false, 46);
  return {...base, label, splits: (u, _index, min, max) => [...new Set(base.splits(u, 0, min, max).map(Math.round))]};
}

/** The chart's zeros and what is not known leave a gap in a logarithm. */
const chartValues = (values, logarithmic) => values.map((v) => (logarithmic && !(v > 0) ? null : v));

/** Steps end where the next round begins: the last one gets a length too. */
function chartData(chart, abscissa, curves) {
  const data = [abscissa, ...curves.map(({values}) => chartValues(values, chart.log))];
  return chart.stepped ? data.map((column, k) => [...column, k ? column.at(-1) : abscissa.at(-1) + 1]) : data;
}

function roundReadout(chart, abscissa, curves, index) {
  const row = Math.min(index ?? abscissa.length - 1, abscissa.length - 1);
  const where = chart.over ? `${abscissa[row]} neurons, round ${row}` : `round ${row}`;
  return [element('span', {}, element('b', {}, where)), ...curves.map((curve) => element('span', {},
      element('i', {class: 'swatch', style: `background:${colour(curve.hue)}`}), curve.name + ' ', element('b', {}, number(curve.values[row], 5))))];
}

function chartSeries(chart, {name, hue, stepped}) {
  return {label: name, scale: 'y', stroke: colour(hue), width: 1.6, spanGaps: false,
          paths: stepped ? uPlot.paths.stepped({align: 1}) : undefined,
          points: {show: true, size: 6, width: 1.6, stroke: colour(hue), fill: colour('panel'),
                   filter: stepped ? (u) => Array.from({length: u.data[0].length - 1}, (_unused, k) => k) : undefined}};
}

function drawRoundChart({chart, curves, values, frame}) {
  const abscissa = run.rounds.list.map((r, k) => (chart.over ? hiddenCount(r.neurons) : k));
  const tell = (index) => values.replaceChildren(...roundReadout(chart, abscissa, curves, index));
  const options = {
    width: frame.clientWidth, height: 220, padding: [8, rightPadding, 0, 0], pxAlign: false, legend: {show: false},
    scales: {x: {time: false, range: (u, min, max) => (chart.stepped || max > min ? [min, max] : [min - 1, max + 1])},
             y: {distr: chart.log ? 3 : 1, range: yRange(chart.log)}},
    axes: [countAxis(chart.over ?? 'round'), axis(3, chart.log, 30, chart.yLabel)],
    series: [{}, ...curves.map((curve) => chartSeries(chart, curve))],
    cursor: {y: false, drag: {x: false, y: false}, points: {size: 6}},
    hooks: {setCursor: [(u) => tell(u.cursor.idx)]},
  };
  const data = chartData(chart, abscissa, curves), drawn = new uPlot(options, data, frame);
  frame.parentElement.querySelector('.save')?.remove();
  frame.parentElement.querySelector('.caption').append(downloads(chart.title, () => chartSvg(chart.title, options, data, [drawn.scales.x.min, drawn.scales.x.max],
      curves.map(({name, hue}) => ({name, stroke: colour(hue)}))), () => columnsToRows([chart.over ?? 'round', ...curves.map(({name}) => name)], [abscissa, ...curves.map(({values: v}) => v)])));
  tell(null);
}

/** All frames come first: how wide one is depends on how many there are. */
function addRoundCharts() {
  const parent = document.getElementById('round-charts');
  const shown = roundCharts.map((chart) => ({chart, curves: chart.curves.map(roundCurve).filter(({values}) => values.some(known)),
                                             values: element('span', {class: 'values'}), frame: element('div', {class: 'plot', role: 'img', 'aria-label': `${chart.title} over the ${chart.over ?? 'rounds'}`})}))
      .filter(({curves}) => curves.length);
  parent.replaceChildren(...shown.map(({chart, values, frame}) => element('figure', {class: 'figure', id: `chart-${chart.id}`},
      element('figcaption', {class: 'caption'}, element('h3', {}, chart.title), values), frame)));
  for (const each of shown) drawRoundChart(each);
}
