// Which plots over time there are.

const palette = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6'];

const sourceCurves = (source) => run.plots[source].curves;

function plainCurves(source, colours = palette, from = 0) {
  return () => sourceCurves(source).map((curve, i) => ({
    ...curve, stroke: colour(colours[(i + from) % colours.length]), width: 1.5,
  }));
}

function layerCurves() {
  return sourceCurves('layers').map((curve) => curve.layer < 0 ?
      {...curve, stroke: colour('c0'), width: 1.2, dash: [5, 4]} :
      {...curve, stroke: colour(palette[1 + curve.layer % 6]), width: 1.6});
}

function neuronCurves(source = 'neurons') {
  const curves = sourceCurves(source);
  const counts = {}, ranks = curves.map((curve) => (counts[curve.layer] = (counts[curve.layer] ?? -1) + 1));
  return curves.map((curve, i) => ({
    ...curve, width: 1.1, stroke: neuronColour(curve.layer, ranks[i], counts[curve.layer] + 1),
  }));
}

/** The step size, one curve for each stepper that took steps: a segment belongs to the stepper of its later end. */
function stepCurves() {
  const [size, stepper] = sourceCurves('steps');
  if (!stepper) return plainCurves('steps', ['c1'])();
  const used = [...new Set(stepper.values.filter((flag) => flag !== null && flag >= 0))].sort((a, b) => a - b);
  if (!used.length) return [{...size, stroke: colour('c1'), width: 1.2}];
  return used.map((flag, i) => ({
    name: run.stepper_names[flag] ?? `stepper ${flag}`, stroke: colour(palette[1 + i % 6]), width: 1.2,
    values: size.values.map((v, row) => (stepper.values[row] === flag || stepper.values[row + 1] === flag ? v : null)),
  }));
}

function addTimePlots() {
  addPlot(section('loss'), {id: 'loss', title: 'Loss', source: 'loss', makeCurves: plainCurves('loss', ['c1', 'c2', 'c5']),
                            height: 370, start: run.rounds ? 'log' : 'linear', flags: true, yLabel: 'loss L', terms: lossTerms});
  addPlot(section('loss'), {id: 'approach', title: 'Distance to criticality', source: 'approach',
                            makeCurves: plainCurves('approach', ['c2', 'c4', 'c3']), height: 220, yLabel: 'norm, r, sine', terms: approachTerms});
  addPlot(section('loss'), {id: 'margin', title: 'Max-margin problem', source: 'margin',
                            makeCurves: plainCurves('margin', ['c5', 'c6']), height: 220, start: 'linear', yLabel: 'margin, residual', terms: marginTerms});
  const norms = element('div', {class: 'pair'});
  section('norms').append(norms);
  explain(section('norms'), normTerms());
  addPlot(norms, {id: 'layers', title: 'Norm of the layers', source: 'layers', makeCurves: layerCurves, yLabel: 'norm of the weights', height: 270});
  addPlot(norms, {id: 'neurons', title: 'Norm of the neurons', source: 'neurons', makeCurves: () => neuronCurves(), yLabel: 'norm', height: 270,
                  legend: sourceCurves('layers').length > 2 ? 'one hue for each layer' : ''});
  addSingularValues(section('norms'));
  section('directions').append(element('div', {class: 'pictures'}));
  addAngles();
  addModes();
  const gauges = element('div', {class: 'pair'});
  section('gauges').append(gauges);
  explain(section('gauges'), gaugeTerms());
  addPlot(gauges, {id: 'drift', title: 'Drift', source: 'drift', makeCurves: plainCurves('drift', ['c3', 'c6']),
                   yLabel: 'relative drift', magnitude: true});
  addPlot(gauges, {id: 'steps', title: 'Step size', source: 'steps', makeCurves: stepCurves, yLabel: 'step size in t', exclusive: true});
}

/** Draws the given plots anew for the current axes and colours; the zoom is kept. */
function rebuild(which = plots) {
  const zoom = view.zoom;
  for (const plot of which) buildChart(plot);
  if (!zoom) return resetZoom();
  view.zoom = zoom;
  setAbscissa(which.filter(({own}) => !own), zoom);
}
