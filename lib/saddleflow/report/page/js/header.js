// Title line, verdict and dials.

const counter = (name) => {
  const found = run.counters.find(([key]) => key === name);
  return found ? Number(found[1]) : null;
};

function networkLine() {
  const {kind, layers, activation, degree, parameters} = run.network;
  const shape = layers.join('–');
  const parts = [plainWords(kind), shape];
  if (activation) parts.push(activation);
  parts.push(`degree ${degree}`, `${number(parameters)} parameters`);
  return parts.join(' · ');
}

const plural = (count, word) => `${count ? number(count) : 'no'} ${word}${count === 1 ? '' : 's'}`;

function worstGauge() {
  return run.gauges.filter((g) => known(g.worst)).sort((a, b) => b.worst - a.worst)[0];
}

/** What the reader has to know before believing the path. */
function doubts() {
  const sampled = counter('sampled_decisions'), branched = counter('branchings'), words = [];
  if (sampled) {
    words.push(element('b', {}, ' Not certain:'), ` at ${plural(sampled, 'time')} so many kinks met that only a random sample ` +
               'of the ways to go on was looked at.');
  }
  if (branched) words.push(` The flow is not unique: it branches at ${plural(branched, 'time')}.`);
  return words;
}

/** For a file of KKT points alone. */
function addKktHeader() {
  const {points, search} = run.kkt, maxima = points.filter((point) => point.status === 'maximum');
  section('verdict').append(element('b', {}, plural(points.length, 'KKT point')), ` of the correlation function, ${maxima.length} of them ` +
                            'maxima, highest N ', element('b', {}, number(points[0]?.value, 8)));
  section('dials').append(...search.map(([label, value]) =>
      element('div', {}, element('dt', {}, plainWords(label)), element('dd', {}, counterText(value)))));
}

/** For critical points without a trajectory. */
function addCatalogueHeader() {
  const {points, runs, counts} = run.catalogue, of = (kind) => points.filter((point) => point.kind === kind).length;
  section('verdict').append(element('b', {}, plural(points.length, 'critical point')),
      runs.length ? ` of ${plural(runs.length, 'run')}` : '', `: ${plural(of('saddle'), 'saddle')}, ${of('minimum') || 'no'} `,
      of('minimum') === 1 ? 'minimum' : 'minima', `, ${plural(run.saddles.length, 'visit')}.`);
  section('dials').append(...counts.map(([label, value]) =>
      element('div', {}, element('dt', {}, plainWords(label)), element('dd', {}, counterText(value)))));
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const atPoint = (kind) => ({origin: 'at the origin', saddle: 'at a saddle', minimum: 'at a minimum'}[kind] ?? `at a point that is ${plainWords(kind)}`);

/** Of a network that grows; with a trajectory its figures stand beside these. */
function addRoundsHeader() {
  const {list} = run.rounds, last = list.at(-1), verdict = section('verdict');
  verdict.append(element('b', {}, capital(run.stopped)), ` after ${plural(list.length, 'round')}`);
  if (!last) return;
  verdict.append(`, loss ${number(list[0].loss_before)} → `, element('b', {}, number(last.loss_after)), ' with ',
                 element('b', {}, plural(hiddenCount(last.neurons), 'hidden neuron')), `, ${atPoint(last.kind)}.`, ...doubts());
  const dials = [['rounds', number(list.length)], ['final loss', number(last.loss_after)], ['neurons', layerCounts(last.neurons)],
                 ['next N', number(last.next_value)], ['test error', number(last.test_error)], ['test loss', number(last.test_loss)]];
  if (run.rows) dials.push(['flow time', moment(run.end_time)], ['steps', number(run.steps)]);
  for (const [name, label] of [['gradients', 'gradients'], ['hessian_vectors', 'Hessian · vector'], ['hessians', 'Hessians']]) {
    dials.push([label, number(list.reduce((sum, r) => sum + Math.max(0, r[name]), 0))]);
  }
  section('dials').append(...dials.filter(([, value]) => value !== '–').map(([label, value]) =>
      element('div', {}, element('dt', {}, label), element('dd', {}, value))));
}

function addHeader() {
  section('kind').textContent = [run.file, networkLine()].filter(Boolean).join('  ·  ');
  if (!run.rows || run.rounds) {
    if (run.rounds) addRoundsHeader();
    else if (run.catalogue) addCatalogueHeader();
    else addKktHeader();
    return;
  }
  const verdict = section('verdict');
  verdict.append(element('b', {}, run.stopped), ` at t = ${moment(run.end_time)} after `,
                 plural(run.steps, 'step'), ', loss ', number(run.first_loss), ' → ',
                 element('b', {}, number(run.final_loss)), `; ${plural(run.saddles.length, 'visit')} of critical points, `,
                 `${plural(run.events.length, 'event')}.`, ...doubts());
  const dials = [['end time', moment(run.end_time)], ['final loss', number(run.final_loss)],
                 ['visits', number(run.saddles.length)], ['events', number(run.events.length)],
                 ['steps', number(run.steps)]];
  for (const [name, label] of [['gradients', 'gradients'], ['hessians', 'Hessians'],
                               ['hessian_vectors', 'Hessian · vector']]) {
    if (counter(name) !== null) dials.push([label, number(counter(name))]);
  }
  if (run.modes) {
    const [, branches] = run.modes.kinds.find(([name]) => name === 'branch');  // these change nothing
    dials.push(['mode changes', number(run.modes.total - branches)]);
  }
  const worst = worstGauge();
  if (worst) dials.push([`worst ${worst.name}`, number(worst.worst, 2)]);
  section('dials').append(...dials.map(([label, value]) =>
      element('div', {}, element('dt', {}, label), element('dd', {}, value))));
}
