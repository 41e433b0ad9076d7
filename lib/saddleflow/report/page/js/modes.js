// Mode changes of a piecewise-smooth run: when which neuron's pre-activation comes to zero, at which sample.

const modeColours = ['c1', 'c2', 'c3', 'c4'];
const sideWords = {'-1': 'below zero', 0: 'sliding on zero', 1: 'above zero'};
/** Without samples (infinitely many inputs): what comes to zero are all incoming weights of a neuron. */
const wholeNeurons = () => run.modes.samples === 0;
const neuronSideWords = {'-1': 'not watched', 0: 'held at zero', 1: 'moves'};
const sideWord = (side) => (wholeNeurons() ? neuronSideWords : sideWords)[side];

const neuronLabel = (row) => {
  const {layer, index} = run.modes.neurons[row];
  return `${layer + 1}.${index + 1}`;
};

const modeAbscissa = () => (view.x === 'steps' ? run.modes.step : run.modes.time);

/** Places within a neuron's row: samples, or where a sample has several patches the samples of each patch. */
const placeCount = () => Math.max(1, run.modes.samples * (run.modes.patches || 1));
const placeOf = (i) => Math.max(0, run.modes.sample[i]) + (run.modes.patch ? run.modes.samples * run.modes.patch[i] : 0);

/** Canvas pixels: height of a neuron's row, of a mark, and of the step from one sample to the next within the row. */
function rasterMeasures(u) {
  const ratio = devicePixelRatio, row = Math.abs(u.valToPos(1, 'y', true) - u.valToPos(0, 'y', true));
  const mark = Math.min(11 * ratio, Math.max(2.5 * ratio, 0.45 * row));
  return {row, mark, step: Math.max(0, 0.9 * row - mark) / Math.max(1, placeCount() - 1)};
}

/** Where mark i stands, in canvas pixels; null outside the picture. */
function markPlace(u, measures, i) {
  const x = pixel(u, modeAbscissa()[i]);
  if (x === null) return null;
  const middle = u.valToPos(run.modes.neuron[i], 'y', true);
  return [x, middle + measures.step * (placeOf(i) - (placeCount() - 1) / 2)];
}

/** Lines between neurons where there is room, and between layers. */
function paintRows(u, {row}) {
  const {ctx, bbox} = u, ratio = devicePixelRatio, {neurons} = run.modes;
  for (let k = 1; k < neurons.length; k += 1) {
    const border = neurons[k].layer !== neurons[k - 1].layer;
    if (!border && row < 9 * ratio) continue;
    ctx.strokeStyle = colour(border ? 'mark' : 'grid');
    ctx.lineWidth = ratio;
    const y = u.valToPos(k - 0.5, 'y', true);
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
  }
}

function paintRaster(u) {
  const {ctx} = u, ratio = devicePixelRatio, measures = rasterMeasures(u), {kind} = run.modes;
  paintRows(u, measures);
  modeColours.forEach((name, wanted) => {  // the rarer kinds on top
    ctx.fillStyle = colour(name);
    ctx.globalAlpha = wanted === 0 ? 0.7 : 0.9;
    const wide = (wanted === 0 ? 2 : 2.6) * ratio, high = measures.mark;
    for (let i = 0; i < kind.length; i += 1) {
      const place = kind[i] === wanted ? markPlace(u, measures, i) : null;
      if (place) ctx.fillRect(place[0] - wide / 2, place[1] - high / 2, wide, high);
    }
  });
}

/** What is said of the mark nearest to a position, in CSS pixels of the plot. */
function markTip(u, left, top) {
  const {modes} = run, ratio = devicePixelRatio, measures = rasterMeasures(u);
  let best = null, distance = 7 * ratio;
  for (let i = 0; i < modes.kind.length; i += 1) {
    const place = markPlace(u, measures, i);
    if (!place) continue;
    const d = Math.hypot(place[0] - u.bbox.left - left * ratio, place[1] - u.bbox.top - top * ratio);
    if (d < distance) [best, distance] = [i, d];
  }
  if (best === null) return null;
  return [element('b', {}, modes.kinds[modes.kind[best]][0]), element('br'), `t = ${moment(modes.time[best])}`, element('br'),
          `layer ${modes.neurons[modes.neuron[best]].layer + 1}, neuron ${neuronLabel(modes.neuron[best])}` +
          (wholeNeurons() ? '' : `, sample ${modes.sample[best] + 1}${modes.patch ? `, patch ${modes.patch[best] + 1}` : ''}`), element('br'), `then ${sideWord(modes.side[best])}`];
}

/** The kinds with their colours and numbers. */
function rasterKey() {
  return run.modes.kinds.map(([name, count], kind) => element('span', {},
      element('i', {class: 'swatch', style: `background:${colour(modeColours[kind])}`}), `${name} `, element('b', {}, number(count))));
}

function rasterTable() {
  const {time, step, neuron, neurons, sample, patch, kind, kinds, side} = run.modes;
  const rows = time.map((t, i) => [t, step[i], neurons[neuron[i]].layer + 1, neuronLabel(neuron[i]), ...(wholeNeurons() ? [] : [sample[i] + 1]), ...(patch ? [patch[i] + 1] : []),
                                   kinds[kind[i]][0], sideWord(side[i])]);
  return [['t', 'step', 'layer', 'neuron', ...(wholeNeurons() ? [] : ['sample']), ...(patch ? ['patch'] : []), 'kind', 'then'], ...rows];
}

function addRaster(parent) {
  const {time, step, neuron, neurons} = run.modes, count = neurons.length;
  run.plots.raster = {time, step, curves: time.length ? [{name: 'neuron', values: neuron}] : []};
  addPlot(parent, {
    id: 'raster', title: 'Changes', source: 'raster', makeCurves: plainCurves('raster'), fixed: true,
    height: Math.min(560, Math.max(170, 70 + 18 * count)), paint: paintRaster, yLabel: 'neuron, layer.number', table: rasterTable, tipAt: markTip, tell: rasterKey,
    yRange: () => [-0.5, count - 0.5], yTurned: true,
    yTicks: (min, max, wanted) => niceTicks(0, count - 1, Math.min(wanted, count)).filter(Number.isInteger),
    yLabels: (ticks) => ticks.map(neuronLabel),
  });
}

function modesNote({total, time, samples, patches}) {
  const shown = time.length < total ? ` ${number(time.length)} of ${number(total)} changes are drawn; the others, of the same neurons and kinds, lie close to them.` : '';
  if (wholeNeurons())
    return 'The incoming weights of a neuron come to zero and are held there (enter), leave zero (release), or pass through it in another direction (cross); they could have gone another way, or are held although the loss falls in some direction, as tiny steps of gradient descent are (branch). A row for each neuron.' + shown;
  return 'The pre-activation of a neuron at a sample passes through zero (cross), is caught there and slides (enter), or leaves ' +
      `zero (release); where the flow is not unique, it could have gone to another side (branch). A row for each neuron, layer after layer, the ${number(samples)} samples from top to bottom within it${patches ? `, for each of ${number(patches)} patches` : ''}.` + shown;
}

function addModes() {
  const parent = section('modes');
  if (!run.modes) {
    parent.remove();
    return;
  }
  parent.append(element('p', {class: 'note'}, run.modes.total ? modesNote(run.modes) :
      wholeNeurons() ? 'No incoming weights have come to zero.' : 'No pre-activation has come to zero.'));
  addRaster(parent);
  addPlot(parent, {id: 'modes', title: 'Sliding and dead neurons', source: 'modes', fixed: true, height: 190, yLabel: 'count',
                   makeCurves: () => plainCurves('modes', ['c2', 'c0'])().map((curve) => ({...curve, stepped: true}))});
}
