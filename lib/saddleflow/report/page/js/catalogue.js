// Critical points, how they are left, and what comes next.

const zeroCauses = ['rescaling', 'linear layers', 'zero neurons', 'dead neurons'];
const zeros = (p) => (p.zero_explained < 0 ? '–' : `${p.zero_explained} + ${countOf(p.zero_unexplained)}`);
const causes = (p) => p.causes.map((n, k) => (n > 0 ? `${n} ${zeroCauses[k]}` : '')).filter(Boolean).join(', ') || '–';
const nameOf = (row) => (row >= 0 ? run.catalogue.points[row].name : '–');
const layerCounts = (counts) => counts.filter((n) => n >= 0).join(' | ') || '–';

const pointColumns = [
  ['#', (p, i) => String(i + 1), true], ['point', (p) => p.name, true], ['kind', (p) => plainWords(p.kind), true],
  ['loss', (p) => number(p.loss, 8)], ['visits', (p) => countOf(p.visits)], ['active neurons', (p) => layerCounts(p.active_neurons)],
  ['width', (p) => layerCounts(p.effective_width)], ['same function', (p) => nameOf(p.same_function)],
  ['negative', (p) => countOf(p.negative)], ['zero', zeros], ['positive', (p) => countOf(p.positive)],
  ['zero modes from', causes], ['gap', (p) => number(p.gap, 2)], ['λ min', (p) => number(p.lowest)],
  ['‖∇L‖', (p) => number(p.gradient_norm, 2)], ['relative', (p) => number(p.relative_gradient, 2)],
  ['inactive below', (p) => number(p.inactive_threshold, 2)], ['by a factor of', (p) => number(p.inactive_gap, 2)],
];

const escapeColumns = [
  ['#', (e, i) => String(i + 1), true], ['from', (e) => nameOf(e.point), true], ['kind', (e) => e.kind, true],
  ['−λ or N', (e) => number(e.value, 6)], ['growth', (e) => (e.degree > 2 ? `blow-up, degree ${e.degree}` : 'exponential')],
  ['neuron', (e) => e.neuron ?? '–'], ['basin', (e) => percent(e.basin_share)], ['to, along', (e) => nameOf(e.to_plus)],
  ['to, against', (e) => nameOf(e.to_minus)],
];

const visitColumns = [
  ['#', (s, i) => String(i + 1), true], ['run', (s) => s.run ?? '–', true], ['point', (s) => nameOf(s.point), true],
  ['enter', (s) => moment(s.enter.time)], ['closest', (s) => moment(s.closest.time)], ['leave', (s) => moment(s.leave.time)],
  ['predicted', (s) => moment(s.predicted_leave)], ['distance', (s) => number(s.distance, 3)],
  ['active neurons', (s) => layerCounts(s.active_neurons)], ['escape', (s) => (s.escape >= 0 ? String(s.escape + 1) : '–')],
  ['exit overlap', (s) => number(s.exit_overlap, 6)], ['leaves first', (s) => s.left ?? '–'], ['predicted', (s) => s.predicted ?? '–'],
  ['pattern kept', (s) => verdictWord(s.pattern_preserved)], ['‖small‖', (s) => number(s.small_norm, 3)],
  ['aligned', (s) => number(s.small_alignment, 6)], ['drift of kept', (s) => number(s.kept_drift, 2)],
];

function addVisits() {
  const many = run.catalogue.runs.length > 1, columns = visitColumns.filter(([heading]) => many || heading !== 'run');
  section('saddles').append(element('p', {class: 'note'},
      'Visits to the critical points. Distance: of the closest approach, relative; exit overlap: cosine between the exit and the escape ' +
      'direction that it follows; leaves first: layer.neuron; small: neurons that are zero at the point, aligned with the KKT points ' +
      'nearest to them.'), grid(filled(columns, run.saddles), run.saddles), element('h3', {class: 'above'}, 'At the closest approach'));
}

function catalogueNote({points, transitions, escapes}) {
  const byManifold = transitions.filter((t) => t.trajectories === 0).length;
  return `Points that differ by a symmetry of the network are one. ${plural(points.length, 'point')}, ${plural(escapes.length, 'escape direction')}, ` +
         `${plural(transitions.length, 'transition')}` + (byManifold ? `, ${byManifold} of them known from an unstable manifold only.` : '.');
}

function addCatalogue() {
  const parent = section('catalogue');
  if (!run.catalogue) {
    parent.remove();
    return;
  }
  const {points, escapes, pictures} = run.catalogue;
  if (!points.length) {
    parent.append(element('p', {class: 'empty'}, 'No critical point was found.'));
    return;
  }
  parent.append(element('p', {class: 'note'}, catalogueNote(run.catalogue)), terms(catalogueTerms()) ?? '', transitionGraph(),
                element('div', {class: 'pictures'}, grid(filled(pointColumns, points), points)));
  if (pictures) parent.append(element('div', {class: 'pictures', id: 'weight-pictures'}));
  if (escapes.length) {
    const table = grid(filled(escapeColumns, escapes), escapes);
    table.classList.add('tall');
    parent.append(element('h3', {class: 'above'}, 'Escape directions'), table);
  }
}
