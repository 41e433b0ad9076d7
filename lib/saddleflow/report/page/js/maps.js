// Neurons with many inputs: heat maps of the weights and of the cosines between neurons.

/** A matrix of numbers in [-1, 1] as cells; `tell(row, column)` is shown under the pointer. */
function heatMap(matrix, width, height, tell) {
  const [canvas, context] = sharpCanvas(width, height);
  const paint = divergingScale(), rows = matrix.length, columns = matrix[0].length;
  const gap = width / columns > 6 && height / rows > 6 ? 1 : 0;
  matrix.forEach((row, i) => row.forEach((value, j) => {
    context.fillStyle = value === null ? colour('panel') : paint(value);
    const x0 = Math.round((j * width) / columns), x1 = Math.round(((j + 1) * width) / columns);
    const y0 = Math.round((i * height) / rows), y1 = Math.round(((i + 1) * height) / rows);
    context.fillRect(x0, y0, Math.max(0.5, x1 - x0 - gap), Math.max(0.5, y1 - y0 - gap));
  }));
  const within = (place, count) => Math.max(0, Math.min(count - 1, Math.floor(place * count)));
  return named(hover(canvas, (x, y) => tell(within(y / height, rows), within(x / width, columns))), `map of ${rows} by ${columns} numbers`);
}

const unit = (row) => {
  const norm = lengthOf(row);
  return row.map((v) => (norm ? v / norm : null));
};

/** Logarithms of the shortest and the longest row of all moments, at most twelve decades apart. */
function normRange() {
  const norms = rowsOf(run.directions.moments).map(lengthOf).filter((norm) => norm > 0).map(Math.log10);
  const high = Math.max(...norms);
  return [Math.max(Math.min(...norms), high - 12), high];
}

/** Norms as bars on one logarithmic scale for all moments. */
function normBars(rows, width, height) {
  const [canvas, context] = sharpCanvas(width, height);
  const [low, high] = normRange(), step = height / rows.length;
  context.fillStyle = colour('mark');
  rows.map(lengthOf).forEach((norm, i) => {
    if (!norm) return;
    const share = Math.max(0.04, (Math.log10(norm) - low) / (high - low || 1));
    context.fillRect(0, i * step + 0.5, width * share, Math.max(0.5, step - 1));
  });
  const scale = `bars logarithmic from ${number(10 ** low, 2)} to ${number(10 ** high, 2)}`, {neurons} = run.directions;
  return named(hover(canvas, (_x, y) => {
    const i = Math.max(0, Math.min(rows.length - 1, Math.floor(y / step)));
    return `neuron ${neurons[i] + 1}: norm of the incoming weights ${number(lengthOf(rows[i]), 3)}, ${scale}`;
  }), `norms of the neurons, ${scale}`);
}

function mapMoment(m) {
  const {neurons, inputs} = run.directions, wide = 228, bars = 34, cell = Math.max(3, Math.min(11, 300 / neurons.length));
  const high = cell * neurons.length, units = m.rows.map(unit);
  const cosines = units.map((a) => units.map((b) =>
      (a[0] === null || b[0] === null ? null : a.reduce((sum, v, i) => sum + v * b[i], 0))));
  const name = (i) => `neuron ${neurons[i] + 1}`;
  const weights = heatMap(units.map((row) => row.map((v, _j, all) => v === null ? null : v / Math.max(...all.map(Math.abs)))),
      wide - bars - 6, high, (i, j) => `${name(i)}, ${inputName(j)}: ${number(m.rows[i][j])}`);
  const square = Math.min(wide - bars - 6, high), numbers = neurons.map((k) => k + 1);
  const similar = heatMap(cosines, square, square,
      (i, j) => `${name(i)} and ${neurons[j] + 1}: cosine ${number(cosines[i][j], 3)}`);
  return savedMoment(element('div', {class: 'moment'}, ...momentTitle(m, `longest ${number(Math.max(...m.rows.map(lengthOf)), 2)}`),
      element('div', {class: 'rows'}, numberStrip(numbers, high, true), weights, normBars(m.rows, bars, high)),
      element('div', {class: 'below'}, numberStrip(Array.from({length: inputs}, (_unused, j) => (inputName(j) === 'bias' ? 'b' : j + 1)), wide - bars - 6, false)),
      element('div', {class: 'rows'}, numberStrip(numbers, square, true), similar),
      element('div', {class: 'below'}, numberStrip(numbers, square, false))), m);
}

function mapView() {
  return element('div', {class: 'map'}, element('div', {class: 'moments'}, run.directions.moments.map(mapMoment)));
}

function coefficientView() {
  const {moments, inputs} = run.directions;
  const largest = Math.max(...rowsOf(moments).flat().map(Math.abs)) || 1;
  const cell = Math.max(4, Math.min(34, 900 / inputs));
  return element('div', {class: 'scroll'}, element('table', {class: 'grid', style: 'width:auto'}, element('tbody', {},
      moments.map((m) => element('tr', {}, element('td', {class: 'text'}, plainWords(m.label)),
          element('td', {}, `t = ${number(m.time, 5)}`),
          element('td', {}, heatMap([m.rows[0].map((v) => v / largest)], cell * inputs, 20,
              (_i, j) => `β${j + 1} = ${number(m.rows[0][j])}`)))))), downloads('neuron directions', async () => panelSvg(section('directions').querySelector('.pictures')),
      () => [['label', 't', ...moments[0].rows[0].map((_v, j) => `β${j + 1}`)], ...moments.map((m) => [m.label, m.time, ...m.rows[0]])]));
}
