// KKT points of the correlation function: the directions in which the flow can leave the origin.

const verdictWord = (verdict) => (verdict >= 0 ? run.flags.verdict[verdict] : '–');
const verdictWords = (verdicts) => (verdicts.some((v) => v >= 0) ? verdicts.filter((v) => v >= 0).map(verdictWord).join(' ') : '–');
const percent = (share) => (known(share) ? `${number(100 * share, 3)} %` : '–');
const perLayer = (values, digits) => (values.some(known) ? values.map((v) => number(v, digits)).join(' ') : '–');
const countOf = (value) => (value >= 0 ? String(value) : '–');

const kktColumns = [
  ['#', (p, i) => String(i + 1), true], ['kind', (p) => p.status, true], ['N(u)', (p) => number(p.value, 8)],
  ['Δ', (p) => number(p.gap, 3)], ['residual', (p) => number(p.residual, 2)], ['basin', (p) => percent(p.basin_share)],
  ['starts', (p) => countOf(p.starts)],
  ['active neurons', (p) => p.active_neurons.filter((n) => n >= 0).join(' ') || '–'],
  ['layer shares', (p) => perLayer(p.layer_share, 3)], ['rank one', (p) => verdictWord(p.rank_one)],
  ['σ₂/σ₁', (p) => perLayer(p.rank_one_residual, 2)], ['single neuron', (p) => verdictWord(p.scalar_kkt)],
  ['one sign', (p) => verdictWords(p.one_sign)], ['equal size', (p) => verdictWords(p.equal_magnitude)],
  ['aligned', (p) => verdictWords(p.aligned)], ['negative', (p) => countOf(p.negative)],
  ['zero', (p) => (p.zero_explained < 0 ? '–' : `${p.zero_explained} + ${p.zero_unexplained}`)],
  ['positive', (p) => countOf(p.positive)], ['Clarke residual', (p) => number(p.clarke_residual, 2)],
  ['checks', (p) => (p.passes ? 'pass' : 'fail'), true],
];

function kktNote({points, search, run_point: target, late}) {
  const found = Object.fromEntries(search);
  const parts = ['Unit vectors u with ∇N(u) = D N(u) u, N the correlation function, highest N first. Δ: smallest eigenvalue of ' +
                 'D N I − Hess N on the sphere; zero: eigenvalues that symmetry forces + others.'];
  if (found.starts) parts.push(` ${found.starts} starts from seed ${found.seed}, ${found.unresolved} unresolved.`);
  if (target >= 0) parts.push(` The run's direction went to point ${target + 1} (${points[target].status}).`);
  if (late && late.converged)
    parts.push((late.approached ? ' In the late phase it turns to a KKT point of the max-margin problem' :
                ' Near the last weights there is a KKT point of the max-margin problem, to which the direction does not turn yet') +
               `: normalised margin ${number(late.normalised, 6)}, ${late.support} of ${late.margins} margins are support vectors. ` +
               `The angle at the end is ${number(late.angle, 3)}, like (ln t)^${number(late.exponent, 2)}.`);
  if (late && !late.converged) parts.push(' No KKT point of the max-margin problem was found near the last weights.');
  return parts;
}

function addKkt() {
  const parent = section('kkt');
  if (!run.kkt) {
    parent.remove();
    return;
  }
  parent.append(element('p', {class: 'note'}, kktNote(run.kkt)), terms(kktTerms()) ?? '',
                grid(filled(kktColumns, run.kkt.points), run.kkt.points,
                     (i) => (i === run.kkt.run_point ? {class: 'chosen'} : {})));
  parent.append(element('div', {class: 'pictures'}));
  if (!run.plots.alignment) return;
  const pair = element('div', {class: 'pair'});
  parent.append(pair);
  addPlot(pair, {id: 'alignment', title: 'Distance to the nearest KKT point', source: 'alignment',
                 makeCurves: plainCurves('alignment', ['c1', 'c2', 'c5']), yLabel: '1 − cosine, residual', height: 270});
  addPlot(pair, {id: 'neuron-alignment', title: '1 − cosine of the neurons', source: 'neuron_alignment',
                 makeCurves: () => neuronCurves('neuron_alignment'), yLabel: '1 − cosine', height: 270});
}

/** Directions of a KKT point in the plane, each with the hue of its angle. */
const pointColours = (rows) => rows.map(([x, y]) => angleColour(Math.atan2(y, x)));

function pointPicture(point) {
  if (run.kkt.inputs === 2) return drawDirections(point.rows, pointColours(point.rows), 140);
  const largest = Math.max(...point.rows.flat().map(Math.abs)) || 1;
  return heatMap(point.rows.map((row) => row.map((v) => v / largest)), 220, Math.min(200, Math.max(8, 9 * point.rows.length)),
                 (i, j) => `neuron ${i + 1}, ${inputName(j)}: ${number(point.rows[i][j])}`);
}

/** The first layer of the points: vectors for two inputs, cells for more. */
function addKktPictures() {
  const frame = run.kkt && section('kkt').querySelector('.pictures');
  if (!frame) return;
  const shown = run.kkt.points.map((point, i) => ({point, i})).filter(({point}) => point.rows.length);
  const panels = shown.map(({point, i}) => element('div', {class: 'moment', 'data-kkt': i + 1},
      element('h3', {}, `point ${i + 1}` + (i === run.kkt.run_point ? ', the run\u2019s' : '')),
      element('p', {}, `${point.status} · N = ${number(point.value, 4)}`), pointPicture(point)));
  panels.forEach((panel, k) => panel.querySelector('p').append(' ', downloads(`KKT point ${shown[k].i + 1}`, async () => panelSvg(panel),
      () => [['neuron', ...shown[k].point.rows[0].map((_v, j) => inputName(j))], ...shown[k].point.rows.map((row, i) => [i + 1, ...row])])));
  frame.replaceChildren(element('div', {class: run.kkt.inputs === 2 ? 'plane-points' : 'map-points'}, panels));
}
