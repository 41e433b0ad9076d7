// A network that grows: a row for each round, and the round whose network is shown.

const addedTo = ({added_layer: layer, added_neurons: count}) => {
  const many = count > 1 ? `${count} in ` : '';
  return layer < 0 ? 'every layer' : `${many}layer ${layer + 1}`;
};
const hiddenCount = (counts) => counts.filter((n) => n >= 0).reduce((sum, n) => sum + n, 0);

const roundColumns = [
  ['round', (r, i) => String(i), true], ['added to', addedTo, true], ['N', (r) => number(r.value, 5)],
  ['residual', (r) => number(r.kkt_residual, 2)], ['basin', (r) => percent(r.basin_share)],
  ['loss before', (r) => number(r.loss_before, 6)], ['at start', (r) => number(r.loss_start, 6)],
  ['loss after', (r) => number(r.loss_after, 6)], ['neurons', (r) => layerCounts(r.neurons)],
  ['active', (r) => layerCounts(r.active_neurons)], ['point', (r) => plainWords(r.kind), true],
  ['negative', (r) => countOf(r.negative)], ['zero', zeros], ['positive', (r) => countOf(r.positive)],
  ['gap', (r) => number(r.gap, 2)], ['λ min', (r) => number(r.lambda_min)], ['‖∇L‖', (r) => number(r.gradient_norm, 2)],
  ['relative', (r) => number(r.relative_gradient, 2)], ['next N', (r) => number(r.next_value, 4)],
  ['test loss', (r) => number(r.test_loss)], ['test error', (r) => number(r.test_error)],
  ['flow time', (r) => number(r.flow_time, 5)], ['ended by', (r) => plainWords(r.stop), true],
  ['gradients', (r) => countOf(r.gradients)], ['Hessian · vector', (r) => countOf(r.hessian_vectors)],
  ['Hessians', (r) => countOf(r.hessians)],
];

const roundsNote = 'A round appends the neuron with the greatest N, the correlation function at the point reached so far on the unit ' +
    'sphere (round 0: one neuron to every hidden layer), and lets the flow go on to the next critical point. Zero: eigenvalues ' +
    'that symmetry or neurons at zero force + others; next N: the greatest for a further neuron, 0 where none lowers the loss. ' +
    'A click on a row shows its network.';

/** Shows the network at the end of a round. */
function chooseRound(index) {
  view.round = index;
  writeAddress();
  document.querySelectorAll('#rounds tbody tr').forEach((row, i) => row.classList.toggle('chosen', i === index));
  drawRoundGraph();
}

function addRounds() {
  const parent = section('rounds');
  if (!run.rounds) {
    parent.remove();
    return;
  }
  const {list, networks} = run.rounds;
  if (!list.length) {
    parent.append(element('p', {class: 'empty'}, 'No round has ended yet.'));
    return;
  }
  const table = grid(filled(roundColumns, list), list, (i) => ({onclick: () => chooseRound(i)}));
  table.classList.add('tall');
  parent.append(element('p', {class: 'note'}, roundsNote), table, element('div', {class: 'triple-charts', id: 'round-charts'}));
  if (networks.some(Boolean)) parent.append(element('figure', {class: 'figure', id: 'round-graph'}));
}

/** Canvases, and drawings as wide as the window. */
function addRoundPictures() {
  if (!run.rounds?.list.length) return;
  addRoundCharts();
  chooseRound(view.round ?? run.rounds.list.length - 1);
}

/** Where the rounds begin and at which loss they ended, on the plot of the loss. */
function drawRounds(u) {
  if (!run.rounds) return;
  const {ctx, bbox} = u, ratio = devicePixelRatio, {list} = run.rounds, {min, max} = u.scales.x;
  ctx.save();
  ctx.font = `${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  ctx.lineWidth = ratio;
  ctx.strokeStyle = ctx.fillStyle = colour('c4');
  let free = -Infinity;
  list.forEach((round, k) => {
    const from = xOf(round.begin), to = xOf(list[k + 1]?.begin) ?? max;
    if (!known(from) || to < min || from > max) return;
    const left = u.valToPos(Math.max(from, min), 'x', true), right = u.valToPos(Math.min(to, max), 'x', true);
    const y = known(round.loss_after) ? u.valToPos(round.loss_after, 'y', true) : NaN;
    ctx.globalAlpha = 0.65;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    if (y >= bbox.top && y <= bbox.top + bbox.height) line(ctx, left, y, right, y);
    if (from < min) return;
    line(ctx, left, bbox.top, left, bbox.top + bbox.height);
    ctx.globalAlpha = 1;
    const label = left > free ? String(k) : '';
    ctx.fillText(label, left + 4 * ratio, bbox.top + 3 * ratio);
    if (label) free = left + ctx.measureText(label).width + 8 * ratio;
  });
  ctx.restore();
}
