// Which critical point comes after which: nodes at the height of their loss, to the right what comes later.

const nodeRoom = 56, graphHeight = 380, graphLeft = 70, graphTop = 64, graphBottom = 36;

/** One edge for each pair of points: rows of one pair differ by their escape direction. */
function graphEdges() {
  const edges = new Map();
  for (const {from, to, trajectories, escape} of run.catalogue.transitions) {
    if (from === to) continue;
    const key = `${from} ${to}`, edge = edges.get(key) ?? {from, to, trajectories: 0, escapes: []};
    edge.trajectories += Math.max(0, trajectories);
    if (escape >= 0) edge.escapes.push(escape);
    edges.set(key, edge);
  }
  return [...edges.values()];
}

const activeCount = (point) => point.active_neurons.filter((n) => n >= 0).reduce((sum, n) => sum + n, 0);

/** Width of a column: room for the labels, and all of the page for a few. */
function nodeSpacing(points, columns) {
  const longest = Math.max(...points.map((point) => indexParts(point).join(' ').length));
  const free = section('catalogue').clientWidth - graphLeft - 60;
  return Math.max(6.6 * longest + 30, Math.min(300, free / columns));
}

/** Points with their place: to the right of those that lead to them, further where they would cover each other. */
function graphNodes(edges) {
  const {points} = run.catalogue, losses = points.map((point) => point.loss).filter(known);
  const high = Math.max(...losses), low = Math.min(...losses);
  const height = (loss) => graphTop + (high > low ? (high - loss) / (high - low) : 0) * (graphHeight - graphTop - graphBottom);
  const nodes = [], taken = [], lossOf = (i) => points[i].loss ?? high;
  for (const i of points.map((point, k) => k).sort((a, b) => lossOf(b) - lossOf(a))) {
    const y = height(lossOf(i)), sources = edges.filter(({from, to}) => to === i && nodes[from]).map(({from}) => nodes[from].column);
    let column = Math.max(-1, ...sources) + 1;
    while (taken.some((other) => other.column === column && Math.abs(other.y - y) < nodeRoom)) column += 1;
    nodes[i] = {point: points[i], column, y, radius: 13 + Math.min(11, 2.2 * Math.sqrt(activeCount(points[i])))};
    taken.push(nodes[i]);
  }
  const spacing = nodeSpacing(points, 1 + Math.max(...nodes.map((node) => node.column)));
  for (const node of nodes) node.x = graphLeft + 44 + node.column * spacing;
  return {nodes, high, low, height, width: Math.max(...nodes.map((node) => node.x)) + spacing};
}

const openCircle = 'fill:var(--panel);stroke:var(--faint);stroke-dasharray:3 3';
const kindColour = {origin: 'c0', saddle: 'c1', minimum: 'c3'};

const indexParts = (point) => {
  const at = (value) => (value >= 0 ? value : '?');
  return [`${at(point.negative)} neg`, `${at(point.zero_explained)}+${at(point.zero_unexplained)} zero`, `${at(point.positive)} pos`];
};

function nodeLabel({point}) {
  const layers = point.active_neurons.filter((n) => n >= 0);
  const colours = ['high', 'soft', 'low'];
  return [indexParts(point).map((text, k) => svg('tspan', {style: `fill:var(--${colours[k]})`, dx: k ? 7 : 0}, text)),
          layers.length ? `${layers.join(' | ')} active` : ''];
}

function drawNode(node) {
  const {x, y, radius, point} = node, [index, active] = nodeLabel(node);
  const fill = kindColour[point.kind], left = x + radius * 0.55;
  const tip = `${point.name}: loss ${number(point.loss, 6)}, ${plural(point.visits, 'visit')}`;
  return svg('g', {class: 'node', 'data-node': point.name}, svg('title', {}, tip),
      svg('circle', {cx: x, cy: y, r: radius, style: fill ? `fill:var(--${fill})` : openCircle}),
      svg('text', {x, y: y + 4, class: fill ? 'name' : 'name open'}, point.kind === 'origin' ? '0' : point.name),
      svg('text', {x: left, y: y - radius - 19, class: 'index'}, index),
      svg('text', {x: left, y: y - radius - 5, class: 'index'}, active));
}

/** Four points of a cubic curve, and where its arrow points. */
function edgeCurve(from, to, nodes) {
  const between = nodes.some((node) => node !== from && node !== to && node.column > Math.min(from.column, to.column) &&
      node.column < Math.max(from.column, to.column) && Math.abs(node.y - to.y) < node.radius + 12);
  if (between) {  // around it, and up from below
    const floor = Math.max(from.y, to.y) + 66, end = to.y + to.radius + 7;
    return {points: [from.x, from.y + from.radius + 2, from.x + 8, floor, to.x - 8, floor, to.x, end],
            arrow: 'l-4 9 h8 z', tip: [to.x, end - 5], floor};
  }
  const end = to.x - to.radius - 7, arrow = {arrow: 'l-9 -4 v8 z', tip: [end + 5, to.y]};
  const y = from.y + from.radius + 2;
  if (to.y - from.y < 2 * from.radius) {  // side to side
    const start = from.x + from.radius + 2, third = (end - start) / 3;
    return {points: [start, from.y, start + third, from.y, end - third, to.y, end, to.y], ...arrow};
  }
  // Leaves downwards and arrives from the left.
  return {points: [from.x, y, from.x, y + 0.75 * (to.y - y), from.x + 0.25 * (end - from.x), to.y, end, to.y], ...arrow};
}

function edgeTip(edge) {
  const {points} = run.catalogue, ways = edge.escapes.map((e) => `escape ${e + 1}`).join(', ');
  const how = edge.trajectories === 0 ? 'unstable manifold only' :
      `${edge.trajectories} ${edge.trajectories === 1 ? 'trajectory' : 'trajectories'}`;
  return `${points[edge.from].name} → ${points[edge.to].name}: ${how}` + (ways ? ` (${ways})` : '');
}

function drawEdge(edge, curve) {
  const kept = edge.trajectories > 0, p = curve.points;
  const middle = (k) => (p[k] + 3 * p[k + 2] + 3 * p[k + 4] + p[k + 6]) / 8;
  return svg('g', {class: kept ? 'edge' : 'edge dashed', 'data-edge': `${edge.from} ${edge.to}`}, svg('title', {}, edgeTip(edge)),
      svg('path', {d: `M${p[0]} ${p[1]} C${p.slice(2).join(' ')}`, 'stroke-width': kept ? 1.2 + 0.6 * Math.log2(edge.trajectories) : 1.2}),
      svg('path', {class: 'tipmark', d: `M${curve.tip.join(' ')} ${curve.arrow}`}),
      kept ? svg('text', {x: middle(0), y: middle(1) + 4}, String(edge.trajectories)) : null);
}

function graphAxis({high, low, height, width}) {
  if (!(high > low)) return [];
  const ticks = niceTicks(low, high, 6), labels = linearLabels(ticks);
  return ticks.flatMap((tick, k) => [svg('line', {class: 'level', x1: graphLeft, x2: width, y1: height(tick), y2: height(tick)}),
                                     svg('text', {class: 'level', x: graphLeft - 8, y: height(tick) + 4}, labels[k])]);
}

function transitionGraph() {
  const edges = graphEdges(), layout = graphNodes(edges), {nodes, width} = layout;
  const curves = edges.map((edge) => edgeCurve(nodes[edge.from], nodes[edge.to], nodes));
  const height = Math.max(...nodes.map((node) => node.y + node.radius + 18), ...curves.map(({floor}) => (floor ? floor - 4 : 0)));
  return element('figure', {class: 'figure', id: 'graph'},
      element('figcaption', {class: 'caption'}, element('h3', {}, 'Transitions'),
          element('span', {class: 'values'}, 'height: loss · label: eigenvalues (zero: explained + unexplained) and active neurons of ' +
                  'each layer · number: trajectories · dashed: known from the unstable manifold only'),
          downloads('transitions', async () => panelSvg(document.querySelector('#graph .scroll')), () => [['from', 'to', 'trajectories', 'escapes'],
              ...edges.map(({from, to, trajectories, escapes}) => [nodes[from].point.name, nodes[to].point.name, trajectories, escapes.map((e) => e + 1).join(' ')])])),
      element('div', {class: 'scroll'},
          svg('svg', {class: 'graph', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img',
                      'aria-label': 'transitions between critical points'},
              graphAxis(layout), edges.map((edge, k) => drawEdge(edge, curves[k])), nodes.map(drawNode))));
}
