// What the symbols mean: one line each, where the page uses them first.

const shownTerms = new Set();

/** A list of [symbol, meaning]; a symbol that the page has explained already is not explained again. */
function terms(list) {
  const fresh = list.filter((entry) => entry && !shownTerms.has(entry[0]));
  for (const [symbol] of fresh) shownTerms.add(symbol);
  return fresh.length ? element('dl', {class: 'terms'}, fresh.map(([symbol, words]) =>
      element('div', {}, element('dt', {}, symbol), element('dd', {}, words)))) : null;
}

function explain(parent, list) {
  const found = terms(list);
  if (found) parent.append(found);
}

/** A key of the run's study with its value, or its name alone where the runs hold none or several. */
function studyValue(key) {
  const values = new Set((run.runs ?? [run]).map(({study}) => studyKeys(study).get(key)));
  const [value] = values;
  return values.size === 1 && value !== undefined ? `${value} (${key})` : key;
}

const hasMargins = () => run.plots.margin?.curves.length > 0;

const proximityTerm = () => ['r', hasMargins() ?
    'proximity, a scale-free distance to the nearest critical point: ‖∇L‖ ‖w‖ / Σ|⟨ℓ′(H), H⟩| over the samples, H the outputs, ℓ′ the derivative ' +
        'of the loss by them; at least the degree D in the late phase, where no critical point is near' :
    'proximity, a scale-free distance to the nearest critical point: ‖∇L‖ ‖w‖ / (‖H‖ (‖ℓ′(H)‖ + 10⁻⁴ ‖ℓ′(0)‖)), H the outputs, ℓ′ the derivative ' +
        'of the loss by them'];

const visitTerms = () => [
  ['visit', 'a dip of r, the flow is near a critical point' +
            (run.runs ? '' : '; shaded from its beginning to its end, the line is the closest approach')],
  ['close', `r has fallen below ${studyValue('events.saddle.enter')}; the visit ends where it rises above ` +
            studyValue('events.saddle.leave')],
  ['shallow', `r stays above that, but is larger by the prominence, ${studyValue('events.saddle.prominence')}, before and after, and ` +
              'below 1/3 in between'],
];

/** Whether a key of a study, which states them all, differs from this number; files of older formats lack it. */
const isOther = (key, usual) => (run.runs ?? [run]).some(({study}) => {
  const value = studyKeys(study).get(key);
  return value !== undefined && Number(value) !== usual;
});
const lossTerm = () => 'the loss over the training samples' +
    (isOther('flow.decay', 0) ? ' and the penalty of the weight decay' : '') + '; w the weights, t the flow time of ' +
    (isOther('flow.rate', 1) ? 'W_l′ = −η_l ∇_l L' : 'w′ = −∇L(w)');

/** A visit that ends by its prominence alone has no leave threshold, so all three lines stand together. */
const lossTerms = () => [
  ['L', lossTerm()],
  ...(run.saddles.length || run.visits?.length ? [proximityTerm(), ...visitTerms()] : []),
  stageTerm(),
];

const approachTerms = () => [
  ['gradient norm', '‖∇L(w)‖, 0 at a critical point'], proximityTerm(),
  sourceCurves('approach').some(({name}) => name === 'KKT residual') &&
      ['KKT residual', 'sine of the angle between w and −∇L; near the origin 0 where the direction of w is a KKT point of the correlation function N'],
];

const marginTerms = () => [
  ['normalised margin', 'least margin m of a sample over ‖w‖ to the power D, the degree; negative while a sample is wrong'],
  ['KKT residual, max-margin problem', 'from 0 to 1, how far w is from a KKT point of min ½‖w‖² under m ≥ 1'],
];

const normTerms = () => [['norm of a neuron', 'of its incoming and outgoing weights together; neuron l.k is the k-th of hidden layer l']];

const directionTerms = () => [['W₁', 'the weights that enter the first layer, one row a neuron; its row points where the neuron points']];

const gaugeTerms = () => [
  ['balance drift', 'largest change since the start of what the flow conserves of a neuron, over the largest ‖w‖² of that neuron so far; 0 on the exact flow'],
  ['energy drift', '|L(0) − L(t) − ∫‖∇L‖² dt| / L(0); 0 on the exact flow'],
  ['step size', 'length in t of an accepted step; one colour for each stepper, the method that made it'],
];

const spectrumTerms = () => [
  ['λ', 'an eigenvalue of the Hessian of L, ranked from the least; the axis is logarithmic on both sides of 0 and linear next to it'],
  ['negative, zero, positive', 'how many eigenvalues are so; zero: too small to be told from 0'],
];

const eventTerms = () => [
  ['‖∇L‖', 'norm of the gradient there and then'], proximityTerm(), ['λ min, λ max', 'least and greatest eigenvalue of the Hessian of L'],
  ['value', 'the event’s own figure: the loss for an escape by loss, r for visits and steady, the quantity for a level'],
  ['time error', 'bound on the error of locating the time'],
];

const visitTableTerms = () => [
  proximityTerm(), ...visitTerms(), ['enter, closest, leave', 'flow times of the beginning, the closest approach and the end of the visit'],
  ['Newton distance', 'length of the Newton step to the critical point, over ‖w‖'], ...spectrumTerms().slice(1),
];

const kktTerms = () => [
  ['Δ', 'smallest eigenvalue of D N I − Hess N on the sphere, without zero modes that symmetry forces; positive at a strict maximum of N'],
  ['residual', '‖∇N − D N u‖ / ‖∇N‖, 0 at a KKT point'],
  ['basin', 'share of the random starts whose flow u′ = ∇N − D N u ends here'],
  ['layer shares', '‖W‖² of each layer; they sum to 1'],
  ['σ₂/σ₁', 'of each layer’s singular values, 0 where the layer has rank one, W = c q rᵀ'],
  ['single neuron', 'r of the first layer is a KKT point of the problem of a single neuron'],
  ['one sign, equal size, aligned', 'q has one sign; its non-zero entries are equal in size; r of the next layer is parallel to σ(q)'],
  run.kkt.points.some((point) => known(point.clarke_residual)) ?
      ['Clarke residual', 'distance of D N u to the subdifferential, for activations with kinks'] : null,
];

const catalogueTerms = () => [
  ['relative', '‖∇L‖ / (‖Hess L‖ ‖w‖) at the refined point'],
  ['width', 'effective width of the hidden layers: neurons that act as one counted once'],
  run.catalogue.points.some((p) => p.same_function >= 0) &&
      ['same function', 'the narrowest of the points with the same outputs on the data'],
  ['zero', 'zero eigenvalues that symmetry or neurons at zero force + others'],
  ['gap', 'smallest |λ| that counts as not zero over the largest that counts as zero'],
  ['inactive below', 'norm below which a neuron counts as inactive: the widest gap in the sorted norms, which is “by a factor of”'],
  ['−λ or N', 'how fast an escape grows: minus the eigenvalue, or the correlation function of the neurons at zero'],
];
