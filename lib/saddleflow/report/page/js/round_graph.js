// The network at the end of a round: a node for each neuron, an edge for each weight, new neurons marked.

const netLeft = 46, netTop = 18, netFoot = 34, netHeight = 330;

/** Sizes of the layers of nodes: inputs (one node where they are joined), hidden, and outputs where W_m feeds them. */
const netSizes = (layers) => [layers[0][0].length, ...layers.map((matrix) => matrix.length)];

/** Rounds in which the neurons of a layer of nodes were born. */
function bornIn(layer, index) {
  return run.rounds.list.findIndex((round) => round.neurons[layer] > index);
}

/** {x, y, radius, layer, index} of every node, layer after layer. */
function netNodes(layers, width) {
  const sizes = netSizes(layers), most = Math.max(...sizes);
  const spacing = Math.max(11, Math.min(46, netHeight / most)), height = Math.max(140, spacing * most);
  const across = (width - 2 * netLeft) / (sizes.length - 1), radius = Math.max(3.5, Math.min(10, 0.3 * spacing));
  const nodes = sizes.map((size, l) => Array.from({length: size}, (_unused, i) => ({
    x: netLeft + l * across, y: netTop + height / 2 + (i - (size - 1) / 2) * Math.min(46, height / size), radius, layer: l, index: i,
  })));
  return {nodes, height: height + netTop + netFoot};
}

const isHiddenLayer = (layer) => layer > 0 && run.rounds.list.at(-1).neurons[layer - 1] >= 0;

function nodeWords({layer, index}) {
  if (layer === 0) return run.rounds.joined_inputs ? 'the norm over all inputs' : inputName(index);
  return isHiddenLayer(layer) ? `neuron ${layer}.${index + 1}` : `output ${index + 1}`;
}

const rootOfSquares = (values) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

/** Norms of what enters and leaves a neuron. */
function nodeTip(node, layers) {
  const {layer, index} = node, words = [nodeWords(node)];
  if (!isHiddenLayer(layer)) return words[0];
  words.push(`born in round ${bornIn(layer - 1, index)}`, `‖in‖ = ${number(rootOfSquares(layers[layer - 1][index].map(Number)), 4)}`);
  if (layers[layer]) words.push(`‖out‖ = ${number(rootOfSquares(layers[layer].map((row) => Number(row[index]))), 4)}`);
  return words.join(', ');
}

/** Faint ones first; those that nobody would see are left out. */
function netEdges(layers, nodes) {
  const largest = layers.flat(2).reduce((most, w) => Math.max(most, Math.abs(w ?? 0)), 0) || 1, edges = [];
  layers.forEach((matrix, l) => matrix.forEach((row, i) => row.forEach((weight, j) => {
    const share = Math.abs(weight ?? 0) / largest;
    if (share > 0.004) edges.push({weight, share, from: nodes[l][j], to: nodes[l + 1][i], layer: l});
  })));
  return edges.sort((a, b) => a.share - b.share);
}

const isNew = ({layer, index}, round) => isHiddenLayer(layer) && bornIn(layer - 1, index) === round;

function drawNetEdge({weight, share, from, to}, round) {
  const sign = weight < 0 ? 'negative' : 'positive', fresh = isNew(from, round) || isNew(to, round);
  return svg('line', {class: `weight ${sign}${fresh ? ' fresh' : ''}`, x1: from.x, y1: from.y, x2: to.x, y2: to.y,
                      'stroke-width': 0.5 + 4.5 * share, 'stroke-opacity': 0.18 + 0.77 * share},
             svg('title', {}, `${nodeWords(from)} → ${nodeWords(to)}: ${number(weight, 4)}`));
}

function drawNetNode(node, layers, round) {
  const fresh = isNew(node, round), {x, y, radius} = node;
  return svg('g', {class: fresh ? 'unit fresh' : 'unit'}, svg('title', {}, nodeTip(node, layers)),
      fresh ? svg('circle', {class: 'ring', cx: x, cy: y, r: radius + 3.5}) : null, svg('circle', {cx: x, cy: y, r: radius}));
}

/** What stands below the nodes of a layer. */
function netLabel(column, inputs, foot) {
  const {x, layer} = column[0], count = layer === 0 ? inputs : column.length;
  const words = layer === 0 ? plural(count, 'input') : isHiddenLayer(layer) ? `layer ${layer}: ${plural(count, 'neuron')}` : plural(count, 'output');
  return svg('text', {x, y: foot}, words);
}

function networkDrawing(layers, round, width) {
  const {nodes, height} = netNodes(layers, width), edges = netEdges(layers, nodes);
  return svg('svg', {class: 'network', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img',
                     'aria-label': `the network after round ${round}`},
      edges.map((edge) => drawNetEdge(edge, round)), nodes.flat().map((node) => drawNetNode(node, layers, round)),
      nodes.map((column) => netLabel(column, run.network.layers[0], height - 10)));
}

/** The slider and what it says; it keeps the focus while it is moved. */
function roundSelector() {
  const {list} = run.rounds;
  return element('input', {type: 'range', min: 0, max: list.length - 1, step: 1, value: view.round, 'aria-label': 'round',
                           disabled: list.length > 1 ? null : '', oninput: (event) => chooseRound(Number(event.target.value))});
}

function roundWords(index) {
  const round = run.rounds.list[index], parts = [`added to ${addedTo(round)}`];
  if (known(round.value)) parts.push(`N = ${number(round.value, 4)}`);
  parts.push(`loss ${number(round.loss_before)} → ${number(round.loss_after)}`, plainWords(round.kind));
  return [element('b', {}, `after round ${index}`), ...parts.map((part) => element('span', {}, part)),
          element('span', {class: 'ringed'}, 'ringed: new'),
          element('span', {}, 'weights: ', element('i', {class: 'minus'}, 'negative'), ', ', element('i', {class: 'plus'}, 'positive'))];
}

/** Every weight of the network that is shown. */
function networkTable() {
  const layers = run.rounds.networks[view.round] ?? [], rows = [['round', 'layer', 'row', 'column', 'weight']];
  layers.forEach((matrix, l) => matrix.forEach((line, i) => line.forEach((weight, j) => rows.push([view.round, l + 1, i + 1, j + 1, weight]))));
  return rows;
}

function drawRoundGraph() {
  const figure = document.getElementById('round-graph');
  if (!figure) return;
  if (!figure.querySelector('input')) {
    figure.append(element('figcaption', {class: 'caption'}, element('h3', {}, 'Network'), roundSelector(), element('span', {class: 'values'}),
                      downloads('network', async () => panelSvg(figure.querySelector('.drawing')), networkTable)),
                  element('div', {class: 'scroll drawing'}));
  }
  figure.querySelector('input').value = view.round;
  figure.querySelector('.values').replaceChildren(...roundWords(view.round));
  const layers = run.rounds.networks[view.round], frame = figure.querySelector('.drawing');
  frame.replaceChildren(layers ? networkDrawing(layers, view.round, Math.max(320, frame.clientWidth)) :
      element('p', {class: 'empty'}, 'The weights of this round are not in the page.'));
}
