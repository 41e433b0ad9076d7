// Singular values of the layers over time, how many neurons a hidden layer has in effect, and how far it is from fewer.

/** One hue for each layer, the largest value darkest; those of the product are dashed. */
function singularCurves() {
  return neuronCurves('singular').map((curve) => (curve.layer < 0 ?
      {...curve, stroke: colour('c0'), width: 1.4, dash: [5, 4]} : {...curve, width: 1.5}));
}

const widthCurves = () => sourceCurves('width').map((curve) =>
    ({...curve, stroke: colour(palette[1 + curve.layer % 6]), width: 1.6, stepped: true}));

/** The curve under the pointer: its name, and its value at the snapshot next to it. */
function curveTip(u, left, top) {
  const row = u.posToIdx(left), near = 10;
  let best = 0, distance = near;
  for (let i = 1; i < u.data.length; i += 1) {
    const value = u.data[i][row];
    if (!known(value)) continue;
    const away = Math.abs(u.valToPos(value, 'y') - top);
    if (away < distance) [best, distance] = [i, away];
  }
  if (!best) return null;
  return [element('b', {}, u.series[best].label), element('br'), `${view.x === 'steps' ? 'step' : 't'} = ${moment(u.data[0][row])}`, element('br'),
          number(u.data[best][row], 6)];
}

const widthMeanings = {
  rank: 'rank of the map through the hidden layer, W of the next layer times W of its own: its modes that add at least 10⁻⁴ of what the largest adds to the outputs',
  rays: 'neurons of the hidden layer that are not negligible (they add at least 10⁻⁴ of what the largest adds), those whose incoming weights point ' +
      'in one direction (unit vectors nearer than 0.01) counted once',
  neurons: 'neurons of the hidden layer that add at least 10⁻⁴ of what the largest adds to the next layer',
};

const distanceCurves = () => neuronCurves('distance').map((curve) => ({...curve, width: 1.5}));

const manifoldMeanings = {
  rank: 'incoming and outgoing weights of the neurons of a hidden layer span at most h dimensions',
  rays: 'neurons of a hidden layer that are not zero lie on at most h rays, incoming and outgoing weights together',
  equal: 'neurons of a hidden layer that are not zero are at most h different ones',
  neurons: 'at most h neurons of a hidden layer are not zero',
};

const singularTerms = () => [
  run.plots.singular && ['σ', 'a singular value of the weight matrix of a layer, the largest is σ1'],
  run.plots.singular?.curves.some(({layer}) => layer < 0) &&
      ['product', 'the matrix that all layers together make, W of the last layer times ... times W of the first: the end-to-end map'],
  run.plots.width && ['effective width', widthMeanings[run.width_kind] ?? 'of a hidden layer'],
  run.plots.distance && ['dh', `distance of the weights to where the ${manifoldMeanings[run.manifold_kind] ?? 'network is narrower'}; the flow never ` +
      'leaves such a set, and near a saddle of h neurons dh is small'],
];

function addSingularValues(parent) {
  if (!run.plots.singular && !run.plots.width && !run.plots.distance) return;
  const pair = element('div', {class: 'pair'});
  parent.append(pair);
  if (run.plots.singular)
    addPlot(pair, {id: 'singular', title: 'Singular values', source: 'singular', makeCurves: singularCurves,
                   yLabel: 'singular value σ', height: 270, legend: 'one hue for each layer, dashed: product', tipAt: curveTip});
  if (run.plots.width)
    addPlot(pair, {id: 'width', title: 'Effective width', source: 'width', makeCurves: widthCurves, fixed: true,
                   yLabel: run.width_kind === 'rank' ? 'rank' : 'neurons', height: 270, tipAt: curveTip,
                   yTicks: (min, max, wanted) => niceTicks(min, max, wanted).filter(Number.isInteger)});
  if (run.plots.distance)
    addPlot(pair, {id: 'distance', title: 'Distance to networks of fewer neurons', source: 'distance', makeCurves: distanceCurves,
                   yLabel: 'distance dh', height: 270, legend: 'one hue for each hidden layer, d0 darkest, 12 at most', tipAt: curveTip});
  explain(parent, singularTerms());
}
