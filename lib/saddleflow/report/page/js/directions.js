// Where the neurons point: polar pictures for two inputs, heat maps for more, coefficients for diagonal networks.

const rowsOf = (moments) => moments.flatMap((m) => m.rows);

const momentTitle = (m, extra) => [
  element('h3', {}, plainWords(m.label)),
  element('p', {}, `t = ${number(m.time, 5)}` + (extra ? ` · ${extra}` : '')),
];

/** A row for each neuron: its number and the weights that enter it. */
const directionTable = (m) => [['neuron', ...m.rows[0].map((_v, j) => inputName(j))], ...m.rows.map((row, i) => [run.directions.neurons[i] + 1, ...row])];

/** The panel of a moment with its buttons. */
function savedMoment(panel, m) {
  panel.querySelector('p').append(' ', downloads(`directions at ${plainWords(m.label)}`, async () => panelSvg(panel), () => directionTable(m)));
  return panel;
}

const scaleKey = (from, to) => element('span', {class: 'scale'}, from, element('i'), to);

function directionNote({view: kind, neurons, neuron_count: count, inputs}) {
  const some = neurons.length < count ? ` The ${neurons.length} longest of ${count} neurons are shown.` : '';
  if (kind === 'plane') {
    return [`Incoming weights in the plane of ${run.network.bias ? 'the input (across) and the bias (up)' : 'the two inputs'}. ` +
            'The hue of a neuron is its direction at the end; ticks on ' +
            'the rim are directions, vectors have lengths relative to the longest.' + some];
  }
  if (kind === 'coefficients') return ['The linear map β = u ∘ v, one cell for each input. ', scaleKey(minus, '+')];
  return [`Above: rows of W₁, numbered by their neurons, divided by their largest entry (${inputs} inputs across), bars: logarithms of their norms, one scale for all. ` +
          'Below: cosines between the neurons, down and across. One order for all moments, clusters of the last moment together.' + some + ' ',
          scaleKey(minus + '1', '1')];
}

function addDirections() {
  const parent = section('directions'), views = {plane: planeView, map: mapView, coefficients: coefficientView};
  const frame = parent.querySelector('.pictures');
  frame.replaceChildren();
  const kind = run.directions.view;
  if (!views[kind]) {
    frame.append(element('p', {class: 'empty'}, 'The run holds no snapshots of the weights.'));
    return;
  }
  frame.append(element('p', {class: 'note'}, directionNote(run.directions)), views[kind]());
  parent.dataset.view = kind;
}
