// Every chart as SVG and as CSV.

const ruler = () => document.createElement('canvas').getContext('2d');

/** A file of a whole drawing on the colour of its panel. */
function svgText(width, height, children) {
  const whole = svg('svg', {width, height, viewBox: `0 0 ${width} ${height}`}, svg('rect', {width, height, fill: colour('panel')}), children);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(whole)}\n`;
}

/** Draws a chart once more, on SVG: with its view, without its cursor and what it tells the other charts. */
async function chartDrawing(options, data, [min, max]) {
  const {getContext} = HTMLCanvasElement.prototype, path = window.Path2D, context = new SvgContext(ruler());
  const hooks = {drawClear: options.hooks?.drawClear ?? [], draw: [...(options.hooks?.draw ?? [])]};
  const scales = {...options.scales, x: {...options.scales.x, range: () => [min, max]}};
  try {
    HTMLCanvasElement.prototype.getContext = () => context;
    window.Path2D = SvgPath;
    const drawn = new Promise((done) => hooks.draw.push(done));
    const chart = new uPlot({...options, cursor: {show: false}, hooks, scales}, data, element('div'));
    await drawn;
    chart.destroy();
  } finally {
    HTMLCanvasElement.prototype.getContext = getContext;
    window.Path2D = path;
  }
  const share = 1 / devicePixelRatio;
  return svg('g', {transform: `scale(${share})`}, context.elements);
}

const titleOf = (text) => svg('text', {x: 12, y: 20, fill: colour('ink'), 'font-size': 13, 'font-weight': 600, 'font-family': 'sans-serif'}, text);

/** Names with their colours, below the title. */
function legendOf(curves, width) {
  let x = 12, y = 38;
  return curves.flatMap(({name, stroke}) => {
    const wide = 26 + 6.4 * name.length;
    if (x > 12 && x + wide > width) [x, y] = [12, y + 15];
    const at = x;
    x += wide;
    return [svg('rect', {x: at, y: y - 5, width: 11, height: 3, fill: stroke}),
            svg('text', {x: at + 15, y, fill: colour('soft'), 'font-size': 11, 'font-family': 'sans-serif'}, name)];
  });
}

async function chartSvg(title, options, data, range, curves) {
  const shown = curves.length <= 12 ? curves : [], legend = legendOf(shown, options.width);
  const lines = legend.length ? 1 + Math.max(...legend.filter((node) => node.tagName === 'text').map((node) => (Number(node.getAttribute('y')) - 38) / 15)) : 0;
  const top = 30 + 15 * lines, drawing = await chartDrawing(options, data, range);
  return svgText(options.width, options.height + top, [titleOf(title), ...legend, svg('g', {transform: `translate(0 ${top})`}, drawing)]);
}

/** Canvases and drawings of a panel, each where it stands, with the panel's headings. */
function panelSvg(panel) {
  const frame = panel.getBoundingClientRect(), place = (node) => {
    const box = node.getBoundingClientRect();
    return `translate(${coordinate(box.left - frame.left)} ${coordinate(box.top - frame.top)})`;
  };
  const pictures = [...panel.querySelectorAll('canvas')].filter((canvas) => canvas.calls).map((canvas) =>
      svg('g', {transform: place(canvas)}, replay(canvas.calls)));
  const drawings = [...panel.querySelectorAll('svg')].map((node) => svg('g', {transform: place(node)}, withStyles(node)));
  const words = [...panel.querySelectorAll('h3, p, .counts, .values')].map((node) => {
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    return svg('text', {x: coordinate(box.left - frame.left), y: coordinate(box.top - frame.top + parseFloat(style.fontSize)), fill: style.color,
                        'font-size': parseFloat(style.fontSize), 'font-weight': style.fontWeight, 'font-family': 'sans-serif'}, wordsOf(node));
  });
  return svgText(Math.ceil(frame.width), Math.ceil(frame.height), [...words, ...pictures, ...drawings]);
}

/** The text of a node without its buttons. */
function wordsOf(node) {
  const copy = node.cloneNode(true);
  copy.querySelectorAll('.save').forEach((buttons) => buttons.remove());
  return copy.textContent.trim();
}

/** What has been drawn on a canvas of canvas.js, once more. */
function replay(calls) {
  const context = new SvgContext(ruler());
  for (const [name, value] of calls) {
    if (Array.isArray(value)) context[name](...value);
    else context[name] = value;
  }
  return context.elements;
}

/** The colours of the style sheet written into a copy. */
function withStyles(node) {
  const copy = node.cloneNode(true), from = [node, ...node.querySelectorAll('*')], to = [copy, ...copy.querySelectorAll('*')];
  from.forEach((one, k) => {
    const style = getComputedStyle(one);
    for (const name of ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-opacity', 'font-size', 'font-weight', 'font-family', 'text-anchor', 'paint-order']) {
      to[k].style.setProperty(name, style.getPropertyValue(name));
    }
  });
  return copy;
}

/** Rows of cells as CSV (RFC 4180); nothing where a value is not known. */
function csvText(rows) {
  const cell = (value) => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(',') + '\r\n').join('');
}

/** One row for each column's entry: the columns stand side by side. */
const columnsToRows = (names, columns) => [names, ...(columns[0] ?? []).map((_unused, row) => columns.map((column) => column[row]))];

function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], {type}));
  const link = element('a', {href: address, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const fileName = (title) => [run.title || run.file, title].join(' ').toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, '-').replace(/^-+|-+$/g, '');

/** Buttons that save a chart; `drawing` and `table` are asked when one is pressed. */
function downloads(title, drawing, table) {
  const name = fileName(title);
  const button = (kind, act) => element('button', {type: 'button', 'data-save': kind, 'aria-label': `save ${title} as ${kind}`, title: `save as ${kind}`,
                                                   onclick: () => act().catch(noteError)}, kind);
  return element('span', {class: 'save'}, button('SVG', async () => save(`${name}.svg`, await drawing(), 'image/svg+xml')),
                 button('CSV', async () => save(`${name}.csv`, csvText(table()), 'text/csv')));
}
