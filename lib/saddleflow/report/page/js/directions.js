// Where the neurons point: polar pictures for two inputs, heat maps for more, coefficients for diagonal networks.

const rowsOf = (moments) => moments.flatMap((m) => m.rows);

/** Colours of the neurons shown: the hue is the angle at the end. */
function planeColours() {
  return run.directions.moments.at(-1).rows.map(([x, y]) => angleColour(Math.atan2(y, x)));
}

const momentTitle = (m, extra) => [
  element('h3', {}, plainWords(m.label)),
  element('p', {}, `t = ${number(m.time, 5)}` + (extra ? ` · ${extra}` : '')),
];

/** Paths of all neurons: angle = direction, radius = logarithm of the norm. */
function drawPaths(size) {
  const [canvas, context] = sharpCanvas(size, size);
  const {path} = run.directions, colours = planeColours(), middle = size / 2, rim = middle - 24;
  const norms = rowsOf(path).map(lengthOf).filter((n) => n > 0).map(Math.log10);
  const high = Math.max(...norms, -300), low = Math.max(Math.min(...norms, high), high - 12) - 0.3;
  const radius = (norm) => (norm > 0 ? rim * Math.max(0, (Math.log10(norm) - low) / (high - low)) : 0);
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  const every = Math.max(1, Math.ceil((high - low) / 5));
  for (let k = Math.ceil(low); k <= high; k += every) {
    context.strokeStyle = colour('grid');
    context.beginPath();
    context.arc(middle, middle, radius(10 ** k), 0, 2 * Math.PI);
    context.stroke();
  }
  context.strokeStyle = colour('rule');
  for (let k = 0; k < 4; k += 1) {
    const c = Math.cos(k * Math.PI / 4), s = Math.sin(k * Math.PI / 4);
    context.strokeStyle = colour(k % 2 ? 'grid' : 'rule');
    line(context, middle - rim * c, middle - rim * s, middle + rim * c, middle + rim * s);
  }
  context.beginPath();
  context.arc(middle, middle, rim, 0, 2 * Math.PI);
  context.stroke();
  const place = ([x, y]) => {
    const norm = Math.hypot(x, y), r = radius(norm) / (norm || 1);
    return [middle + r * x, middle - r * y];
  };
  context.lineWidth = 1.3;
  context.lineJoin = 'round';
  colours.forEach((stroke, k) => {
    context.strokeStyle = context.fillStyle = stroke;
    context.globalAlpha = 0.75;
    context.beginPath();
    path.forEach((m, i) => (i ? context.lineTo(...place(m.rows[k])) : context.moveTo(...place(m.rows[k]))));
    context.stroke();
    context.globalAlpha = 1;
    disc(context, ...place(path.at(-1).rows[k]), 3);
  });
  context.fillStyle = colour('soft');
  context.textAlign = 'center';
  for (let k = Math.ceil(low); k <= high; k += every) {
    const at = [middle + radius(10 ** k) * Math.cos(-1.18), middle + radius(10 ** k) * Math.sin(-1.18)];
    const label = power10(k), wide = context.measureText(label).width;
    context.fillStyle = colour('panel');
    context.globalAlpha = 0.8;
    context.fillRect(at[0] - wide / 2 - 2, at[1] - 7, wide + 4, 14);
    context.globalAlpha = 1;
    context.fillStyle = colour('soft');
    context.fillText(label, ...at);
  }
  context.fillText('x₁', middle + rim + 12, middle);
  context.fillText('x₂', middle, middle - rim - 12);
  return canvas;
}

/** One moment: vectors to the scale of the longest, and every direction as a tick on the rim. */
function drawPlaneMoment(m, size) {
  const [canvas, context] = sharpCanvas(size, size);
  const colours = planeColours(), middle = size / 2, rim = middle - 9;
  const longest = Math.max(...m.rows.map(lengthOf)) || 1;
  context.strokeStyle = colour('rule');
  context.beginPath();
  context.arc(middle, middle, rim, 0, 2 * Math.PI);
  context.stroke();
  context.strokeStyle = colour('grid');
  line(context, middle - rim, middle, middle + rim, middle);
  line(context, middle, middle - rim, middle, middle + rim);
  context.lineWidth = 1.5;
  m.rows.forEach((row, k) => {
    const norm = lengthOf(row);
    if (!norm) return;
    const [c, s] = [row[0] / norm, row[1] / norm], r = (rim * norm) / longest;
    context.strokeStyle = context.fillStyle = colours[k];
    line(context, middle + (rim + 1) * c, middle - (rim + 1) * s, middle + (rim + 7) * c, middle - (rim + 7) * s);
    line(context, middle, middle, middle + r * c, middle - r * s);
    if (r > 4) disc(context, middle + r * c, middle - r * s, 2.2);
  });
  return canvas;
}

function planeView() {
  const {moments} = run.directions;
  const panels = moments.map((m) => element('div', {class: 'moment'},
      ...momentTitle(m, `longest ${number(Math.max(...m.rows.map(lengthOf)), 2)}`), drawPlaneMoment(m, 140)));
  return element('div', {class: 'plane'},
      element('figure', {class: 'figure'}, element('figcaption', {class: 'caption'}, element('h3', {}, 'Paths'),
          element('span', {class: 'values'}, 'angle = direction, radius = log ‖w‖, dot = end')), drawPaths(400)),
      element('div', {class: 'moments'}, panels));
}

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
  canvas.addEventListener('mousemove', (event) => {
    const i = Math.min(rows - 1, Math.floor((event.offsetY / height) * rows));
    const j = Math.min(columns - 1, Math.floor((event.offsetX / width) * columns));
    canvas.title = tell(Math.max(0, i), Math.max(0, j));
  });
  return canvas;
}

const unit = (row) => {
  const norm = lengthOf(row);
  return row.map((v) => (norm ? v / norm : null));
};

/** Norms as bars, logarithmic over at most six decades. */
function normBars(rows, width, height) {
  const [canvas, context] = sharpCanvas(width, height);
  const norms = rows.map(lengthOf), longest = Math.max(...norms), step = height / rows.length;
  context.fillStyle = colour('mark');
  norms.forEach((norm, i) => {
    if (!norm) return;
    const share = Math.max(0.02, 1 + Math.log10(norm / longest) / 6);
    context.fillRect(0, i * step + 0.5, width * share, Math.max(0.5, step - 1));
  });
  canvas.title = 'norm of the incoming weights, logarithmic, full width = longest, six decades';
  return canvas;
}

function mapMoment(m) {
  const {neurons} = run.directions, wide = 250, bars = 34, cell = Math.max(3, Math.min(11, 300 / neurons.length));
  const high = cell * neurons.length, units = m.rows.map(unit);
  const cosines = units.map((a) => units.map((b) =>
      (a[0] === null || b[0] === null ? null : a.reduce((sum, v, i) => sum + v * b[i], 0))));
  const name = (i) => `neuron ${neurons[i] + 1}`;
  const weights = heatMap(units.map((row) => row.map((v, _j, all) => v === null ? null : v / Math.max(...all.map(Math.abs)))),
      wide - bars - 6, high, (i, j) => `${name(i)}, input ${j + 1}: ${number(m.rows[i][j])}`);
  const similar = heatMap(cosines, Math.min(wide - bars - 6, high), Math.min(wide - bars - 6, high),
      (i, j) => `${name(i)} and ${neurons[j] + 1}: cosine ${number(cosines[i][j], 3)}`);
  return element('div', {class: 'moment'}, ...momentTitle(m, `longest ${number(Math.max(...m.rows.map(lengthOf)), 2)}`),
      element('div', {style: 'display:flex;gap:6px;margin-bottom:8px'}, weights, normBars(m.rows, bars, high)), similar);
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
              (_i, j) => `β${j + 1} = ${number(m.rows[0][j])}`)))))));
}

const scaleKey = (from, to) => element('span', {class: 'scale'}, from, element('i'), to);

function directionNote({view: kind, neurons, neuron_count: count, inputs}) {
  const some = neurons.length < count ? ` The ${neurons.length} longest of ${count} neurons are shown.` : '';
  if (kind === 'plane') {
    return ['Incoming weights in the plane of the two inputs. The hue of a neuron is its direction at the end; ticks on ' +
            'the rim are directions, vectors have lengths relative to the longest.' + some];
  }
  if (kind === 'coefficients') return ['The linear map β = u ∘ v, one cell for each input. ', scaleKey(minus, '+')];
  return [`Above: rows of W₁ divided by their largest entry (${inputs} inputs across), bars: their norms over six decades. ` +
          'Below: cosines between the neurons. One order for all moments, clusters of the last moment together.' + some + ' ',
          scaleKey(minus + '1', '1')];
}

function addDirections() {
  const parent = section('directions'), views = {plane: planeView, map: mapView, coefficients: coefficientView};
  parent.querySelectorAll(':scope > :not(h2)').forEach((old) => old.remove());
  const kind = run.directions.view;
  if (!views[kind]) {
    parent.append(element('p', {class: 'empty'}, 'The run holds no snapshots of the weights.'));
    return;
  }
  parent.append(element('p', {class: 'note'}, directionNote(run.directions)), views[kind]());
  parent.dataset.view = kind;
}
