// Several runs of one problem: their losses over a common time, and the visits of all.

/** A study's keys with their values as text: 'init.seed' -> '1'. */
function studyKeys(text) {
  const keys = new Map();
  let table = '';
  for (const line of text.split('\n')) {
    const heading = line.match(/^\s*\[([^\]]+)\]/), found = line.match(/^\s*([\w-]+)\s*=\s*(.*?)\s*$/);
    if (heading) table = heading[1] + '.';
    else if (found) keys.set(table + found[1], found[2]);
  }
  return keys;
}

/** The keys in which the studies of the runs differ. */
function differingKeys() {
  const studies = run.runs.map((one) => studyKeys(one.study));
  const names = [...new Set(studies.flatMap((keys) => [...keys.keys()]))];
  return names.filter((name) => studies.some((keys) => keys.get(name) !== studies[0].get(name)));
}

const runColour = (index) => (run.runs.length <= 6 ? colour(palette[1 + index % 6]) : neuronColour(0, index, run.runs.length));

/** The runs first, what they have in common on top of them. */
function severalCurves() {
  const curves = sourceCurves('loss'), common = (name) => curves.find((curve) => curve.layer < 0 && curve.name === name);
  const bound = {stroke: colour('mark'), width: 0.8, dash: [2, 3], always: true};
  return [...curves.filter((curve) => curve.layer >= 0).map((curve) => ({...curve, stroke: runColour(curve.layer), width: 1.1})),
          {...common('lowest'), ...bound}, {...common('highest'), ...bound},
          {...common('median'), stroke: colour('c0'), width: 2.2, always: true}];
}

function addSeveralHeader() {
  section('kind').textContent = [run.file, networkLine()].join('  ·  ');
  const finals = run.runs.map((one) => one.final_loss).filter(known).sort((a, b) => a - b);
  section('verdict').append(element('b', {}, `${run.runs.length} runs`), ' of one problem; final loss from ',
      element('b', {}, number(finals[0])), ' to ', element('b', {}, number(finals.at(-1))), `; ${plural(run.visits.length, 'visit')} of critical points.`);
  const ends = run.runs.map((one) => one.end_time), steps = run.runs.map((one) => one.steps);
  const span = (values) => (Math.min(...values) === Math.max(...values) ? moment(values[0]) : `${moment(Math.min(...values))} – ${moment(Math.max(...values))}`);
  const dials = [['runs', number(run.runs.length)], ['end time', span(ends)], ['visits of a run', span(run.runs.map((one) => one.visits))], ['steps', span(steps)]];
  section('dials').append(...dials.map(([label, value]) => element('div', {}, element('dt', {}, label), element('dd', {}, value))));
}

function addRuns() {
  const keys = differingKeys(), studies = run.runs.map((one) => studyKeys(one.study));
  const columns = [['run', (r, i) => String(i + 1), true], ['file', (r) => r.file, true],
                   ...keys.map((key) => [key, (r, i) => studies[i].get(key) ?? '–', true]),
                   ['ended', (r) => r.stopped, true], ['end time', (r) => moment(r.end_time)], ['steps', (r) => number(r.steps)],
                   ['loss at start', (r) => number(r.first_loss)], ['loss at end', (r) => number(r.final_loss)], ['visits', (r) => String(r.visits)]];
  const words = keys.length ? `The studies differ in ${keys.join(', ')}.` : 'The studies do not differ.';
  section('runs').append(element('p', {class: 'note'}, 'Network, data and loss are the same. ' + words), grid(columns, run.runs));
}

function addAllVisits() {
  if (!run.visits.length) {
    section('saddles').append(element('p', {class: 'empty'}, 'No run has visited a saddle.'));
    return;
  }
  const columns = [['run', (v) => String(v.run + 1), true], ['number', (v) => String(v.number), true], ['depth', (v) => v.depth, true],
                   ['enter', (v) => moment(v.enter)], ['closest', (v) => moment(v.closest)], ['leave', (v) => moment(v.leave)],
                   ['loss', (v) => number(v.loss, 6)], ['r', (v) => number(v.proximity)]];
  const table = grid(columns, run.visits);
  table.classList.add('tall');
  explain(section('saddles'), visitTableTerms().slice(0, 5));
  section('saddles').append(table);
}

function addSeveral() {
  for (const id of ['rounds', 'skeleton', 'sequences', 'norms', 'directions', 'modes', 'kkt', 'catalogue', 'spectrum', 'gauges', 'events', 'study']) section(id).remove();
  section('provenance').querySelector('h2').textContent = 'Problem';
  addSeveralHeader();
  section('loss').append(element('p', {class: 'note'}, 'Median and range, lowest to highest, are over the runs that are known at a time; a run ' +
      'that has ended is left out from there on. Between two steps of a run the logarithm of its loss is taken to be linear.'));
  addPlot(section('loss'), {id: 'loss', title: 'Loss of the runs', source: 'loss', makeCurves: severalCurves, height: 420, start: 'linear', yLabel: 'loss L', terms: lossTerms,
                            bands: (curves) => [{series: [curves.length - 1, curves.length - 2], fill: colour('band')}]});
  addRuns();
  addAllVisits();
  section('provenance').append(definitions(run.problem));
}
