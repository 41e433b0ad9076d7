// A skeleton: its jumps, its staircase of the loss, and the flows and the pursuit beside it.

const slowTime = (degree) => (degree === 2 ? 't / ln(1/δ)' : `t δ${degree === 3 ? '' : superscripts[degree - 2]}`);
const hasLaterTime = () => run.skeleton.later_degree !== run.skeleton.degree;
const isPursuit = ({kind}) => kind === 'pursuit';

/** Neurons counted from 1, a few of them. */
const neuronList = (list) => (list.length ? shortList(list.map((k) => String(k + 1))) : '–');
/** Slow time; after the first jump of deep networks +the later one. */
const slowMoment = ({time, after}) => (after > 0 ? `+${number(after, 10)}` : number(time, 10));
const indexText = (j) => (j.negative < 0 ? '–' : `${j.negative} / ${j.zero_explained} + ${j.zero_unexplained} / ${j.positive}`);

const jumpColumns = [
  ['jump', (j, i) => String(i + 1), true], ['slow time', slowMoment], ['flow time', (j) => number(j.flow_time, 6)],
  ['on', (j) => neuronList(j.on), true], ['off', (j) => neuronList(j.off), true], ['active', (j) => String(j.active)],
  ['loss before', (j) => number(j.loss_before, 6)], ['loss', (j) => number(j.loss, 6)],
  ['point', (j) => (j.kind ? plainWords(j.kind) : '–'), true], ['index − / 0 / +', indexText], ['gap', (j) => number(j.gap, 2)],
  ['ways down', (j) => countOf(j.ways_down)],
];

const signed = (value, digits) => (known(value) ? (value > 0 ? '+' : '') + number(value, digits) : '–');
const firstName = () => (run.skeleton.known ? 'skeleton' : 'first');

const matchColumns = () => [
  [run.skeleton.known ? 'jump' : 'stop', (m) => (m.place < 0 ? '–' : String(m.place + 1)), true],
  ['slow time', (m) => (m.stop ? slowMoment(m.stop) : '–')], [`time − ${firstName()}`, (m) => signed(m.time_difference)],
  ['active', (m) => (m.stop ? layerCounts(m.stop.active_neurons) + (m.same === 0 ? ' *' : '') : '–')],
  ['loss', (m) => (m.stop ? number(m.stop.loss, 6) : '–')], [`loss − ${firstName()}`, (m) => signed(m.loss_difference, 2)],
  ['outputs', (m) => number(m.output_distance, 2)],
  ['missing because', (m) => (m.reason ? `${m.stop ? `not in the ${firstName()}` : 'not visited'}: ${m.reason}` : '–'), true],
];

const skeletonTerms = () => [
  ['δ', 'norm of the start w(0) of a flow; the skeleton is what the flow becomes as δ goes to 0'],
  ['slow time', `flow time t in the unit in which the jumps stay where they are as δ goes to 0: ${slowTime(run.skeleton.degree)}` +
                (hasLaterTime() ? `; after the first jump, with a +, ${slowTime(run.skeleton.later_degree)} from that jump on` : '')],
  ['L', 'the loss over the training samples'],
  run.skeleton.sequences.some(isPursuit) ? ['pursuit', 'Neuron Pursuit, whose points have no time: dotted lines at their losses'] : null,
  ['stop', 'a critical point that a flow comes to, a disc at the time at which half of the fall of the loss to it is gained; the picture ' +
           'ends at one and a half times the last jump or stop, the file has the flows to their ends'],
];

const jumpTerms = () => [
  ['flow time', `of the jump at the study’s δ = ${number(run.skeleton.delta)}`],
  ['on, off', 'neurons that activate, that become inactive, counted from 1; modes where hidden layers can be rotated'],
  ['active', 'neurons that are not zero at the point reached'],
  ['index − / 0 / +', 'negative eigenvalues of the Hessian, zero ones that symmetry or neurons at zero force + others, positive ones'],
  ['gap', 'smallest |λ| that counts as not zero over the largest that counts as zero'],
  ['ways down', 'directions found in which the point is left'],
];

const matchTerms = () => [
  ['outputs', `‖H₂ − H₁‖ / ‖H₁‖, H₁ and H₂ the outputs on the data at the two points; one point where it is at most ${number(run.skeleton.tolerance)}`],
  ['*', 'another number of active neurons'],
  ['r', 'proximity, a scale-free distance to the nearest critical point'],
];

// The chart.

const flowColours = ['c1', 'c2', 'c3', 'c5', 'c6'];
const flowColour = (rank) => {
  const count = run.skeleton.sequences.filter((s) => !isPursuit(s)).length;
  return count <= flowColours.length ? colour(flowColours[rank]) : neuronColour(0, rank, count);
};
const colourByName = (name) => flowColour(run.skeleton.sequences.filter((s) => !isPursuit(s)).findIndex((s) => s.name === name));

function staircaseCurves(source) {
  const curves = sourceCurves(source), rows = run.plots[source].time.length;
  const flows = curves.filter(({layer}) => layer >= 0).map((curve) => ({...curve, stroke: colourByName(curve.name), width: 1.4}));
  const steps = curves.filter(({layer}) => layer < 0).map((curve) => ({...curve, stroke: colour('c0'), width: 1.8, stepped: true}));
  const pursuit = run.skeleton.sequences.filter(isPursuit).map(({name}) =>
      ({name, stroke: colour('c4'), width: 1, dash: [2, 3], values: Array(rows).fill(null)}));
  return [...steps, ...flows, ...pursuit];
}

/** What stands on the chart: jumps, and stops of the flows. */
function staircaseMarks(later) {
  const {jumps, sequences} = run.skeleton, marks = [];
  jumps.forEach((jump, k) => marks.push({x: later ? jump.after : jump.time, y: jump.loss, name: `jump ${k + 1}`, what: jump, label: String(k + 1)}));
  for (const sequence of sequences.filter((s) => !isPursuit(s))) {
    // The later slow time of the first stop is 0; of a flow with other stops it is not that of the skeleton.
    sequence.matches.filter(({stop}) => stop).forEach(({stop, place}, k) => marks.push({
      x: later ? (k ? stop.after : 0) : stop.time, y: stop.loss, name: sequence.name, stroke: colourByName(sequence.name), what: stop,
      place: place < 0 ? `not in the ${firstName()}` : `${run.skeleton.known ? 'jump' : 'stop'} ${place + 1}`}));
  }
  return marks.filter(({x}) => known(x) && !(view.x === 'log' && !later && !(x > 0)));
}

/** The height of a mark; what lies below a logarithmic axis stands on its foot. */
function markHeight(u, plot, y) {
  const {min} = u.scales.y, {top, height} = u.bbox;
  const at = u.valToPos(isLog(plot) ? Math.max(y, min) : y, 'y', true);
  return Math.min(Math.max(at, top), top + height);
}

function drawPursuit(u, plot) {
  const {ctx, bbox} = u, ratio = devicePixelRatio;
  const stops = run.skeleton.sequences.filter(isPursuit).flatMap(({matches}) => matches.filter(({stop}) => stop));
  ctx.strokeStyle = ctx.fillStyle = colour('c4');
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  const labels = [];
  stops.forEach(({stop}, k) => {
    const y = markHeight(u, plot, stop.loss), last = labels.at(-1);
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    if (last && Math.abs(y - last.y) < 13 * ratio) last.names.push(k + 1);
    else labels.push({y, names: [k + 1]});
  });
  for (const {y, names} of labels) ctx.fillText(`pursuit ${shortList(names)}`, bbox.left + bbox.width - 6 * ratio, y - 2 * ratio);
  ctx.setLineDash([]);
}

function drawStaircase(u, plot) {
  const {ctx, bbox} = u, ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.lineWidth = ratio;
  drawPursuit(u, plot);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  let free = -Infinity;
  for (const {x, y, stroke, label} of staircaseMarks(plot.later)) {
    const at = pixel(u, x);
    if (at === null) continue;
    ctx.fillStyle = stroke ?? colour('c0');
    if (stroke) disc(ctx, at, markHeight(u, plot, y), 3.5 * ratio);
    else if (at > free) {
      ctx.fillText(label, at + 4 * ratio, bbox.top + 3 * ratio);
      free = at + ctx.measureText(label).width + 8 * ratio;
    }
  }
  ctx.restore();
}

/** Of the mark under the pointer. */
function staircaseTip(plot, u, left, top) {
  const near = staircaseMarks(plot.later).map((mark) => {
    const at = pixel(u, mark.x), ratio = devicePixelRatio;
    if (at === null) return {far: Infinity};
    const across = (at - u.bbox.left) / ratio - left, down = (markHeight(u, plot, mark.y) - u.bbox.top) / ratio - top;
    return {mark, far: mark.stroke ? Math.hypot(across, down) : Math.max(4, Math.abs(across))};
  }).sort((a, b) => a.far - b.far)[0];
  if (!near || near.far > 9) return null;
  const {name, what, place} = near.mark, lines = [element('b', {}, name), element('br')];
  if (place) lines.push(place, element('br'));
  lines.push(`slow time ${slowMoment(what)}`, element('br'), `loss ${number(what.loss, 5)}`);
  if (what.on) lines.push(element('br'), `on ${neuronList(what.on)}`, what.off.length ? `, off ${neuronList(what.off)}` : '');
  return lines;
}

/** On a logarithmic axis a fit, at the rounding of its loss, does not take all the height: 10⁻¹³ of L(0) is enough. */
function staircaseRange(plot) {
  return (u, min, max) => {
    const logarithmic = isLog(plot);
    return yRange(logarithmic)(u, logarithmic && known(min) ? Math.max(min, 1e-13 * run.skeleton.loss_at_origin) : min, max);
  };
}

function addStaircase(id, source, title, degree, later) {
  const settings = {id, source, title, later, own: later, start: later ? 'log' : 'linear', height: later ? 320 : 400, yLabel: 'loss L', xLabel: `slow time ${later ? 'after the first jump, ' : ''}${slowTime(degree)}`,
                    symbol: 'slow time', exclusive: true, makeCurves: () => staircaseCurves(source), terms: later ? null : skeletonTerms};
  settings.overlay = (u) => drawStaircase(u, settings.plot);
  settings.tipAt = (u, left, top) => staircaseTip(settings.plot, u, left, top) ?? [];
  settings.yRange = (u, min, max) => staircaseRange(settings.plot)(u, min, max);
  settings.table = () => columnsToRows(['slow time', ...sourceCurves(source).map(({name}) => name)],
                                       [run.plots[source].time, ...sourceCurves(source).map(({values}) => values)]);
  settings.plot = addPlot(section('loss'), settings);
}

function addSkeletonHeader() {
  const {known: hasSkeleton, jumps, end, detail, sequences, loss_at_origin: start} = run.skeleton, verdict = section('verdict');
  section('kind').textContent = [run.file, networkLine()].join('  ·  ');
  if (run.stop_reason === 'interrupted') verdict.append(element('b', {}, 'Interrupted. '), 'This is what had been found until then. ');
  if (sequences.some(({failed}) => failed)) verdict.append(element('b', {}, 'Not all of it could be computed'), ', see below. ');
  if (hasSkeleton) {
    verdict.append(element('b', {}, plural(jumps.length, 'jump')), `, loss ${number(start)} → `, element('b', {}, number(jumps.at(-1)?.loss ?? start)),
                   `; end: ${end}.`, detail ? ` ${capital(detail)}.` : '');
  } else {
    verdict.append(element('b', {}, 'No skeleton: '), detail);
  }
  const flows = sequences.filter((s) => !isPursuit(s)).length;
  const dials = [['jumps', String(jumps.length)], ['L(0)', number(start)], ['study’s δ', number(run.skeleton.delta)],
                 ['degree', String(run.skeleton.degree)], ['flows', String(flows)], ['pursuit', sequences.some(isPursuit) ? 'yes' : 'no']];
  section('dials').append(...dials.map(([label, value]) => element('div', {}, element('dt', {}, label), element('dd', {}, value))));
}

function addJumps() {
  const parent = section('skeleton'), {jumps} = run.skeleton;
  if (!jumps.length) {
    parent.append(element('p', {class: 'empty'}, run.skeleton.known ? 'No jump was found.' : 'No skeleton of this network is known.'));
    return;
  }
  explain(parent, jumpTerms());
  parent.append(grid(filled(jumpColumns, jumps), jumps));
}

function addSequences() {
  const parent = section('sequences'), {sequences} = run.skeleton;
  if (!sequences.length) {
    parent.remove();
    return;
  }
  explain(parent, matchTerms());
  for (const sequence of sequences) {
    const swatch = element('i', {class: 'swatch', style: `background:${isPursuit(sequence) ? 'var(--c4)' : colourByName(sequence.name)}`});
    parent.append(element('h3', {class: 'above'}, swatch, capital(sequence.name)), element('p', {class: 'counts'}, sequence.end),
                  sequence.matches.length ? grid(filled(matchColumns(), sequence.matches), sequence.matches) :
                      element('p', {class: 'empty'}, 'It has come to no critical point.'));
  }
}

function addSkeleton() {
  for (const id of ['runs', 'rounds', 'norms', 'directions', 'modes', 'kkt', 'catalogue', 'spectrum', 'gauges', 'events', 'saddles']) section(id).remove();
  addSkeletonHeader();
  addStaircase('staircase', 'staircase', 'Loss over slow time', run.skeleton.degree, false);
  if (run.plots.later_staircase) addStaircase('later', 'later_staircase', 'Loss after the first jump', run.skeleton.later_degree, true);
  if (!plots.length) section('loss').remove();
  addJumps();
  addSequences();
  addStudy();
  addProvenance();
}
