// A drawing context that writes SVG: what the pictures and uPlot ask of a canvas, and no more.

const coordinate = (value) => String(Math.round(value * 100) / 100);

/** Takes the place of Path2D. */
class SvgPath {
  constructor(other) { this.d = other ? other.d : ''; }
  moveTo(x, y) { this.d += `M${coordinate(x)} ${coordinate(y)}`; }
  lineTo(x, y) { this.d += `${this.d ? 'L' : 'M'}${coordinate(x)} ${coordinate(y)}`; }
  bezierCurveTo(...p) { this.d += `C${p.map(coordinate).join(' ')}`; }
  closePath() { this.d += 'Z'; }
  addPath(other) { this.d += other.d; }
  rect(x, y, w, h) { this.d += `M${coordinate(x)} ${coordinate(y)}h${coordinate(w)}v${coordinate(h)}h${coordinate(-w)}Z`; }
  /** Whole circles alone: nothing here draws parts of them. */
  arc(x, y, radius) {
    const r = coordinate(radius), across = coordinate(2 * radius);
    this.d += `M${coordinate(x - radius)} ${coordinate(y)}a${r} ${r} 0 1 0 ${across} 0a${r} ${r} 0 1 0 -${across} 0Z`;
  }
}

const baselines = {middle: 'central', top: 'text-before-edge', bottom: 'text-after-edge', alphabetic: 'alphabetic'};
const anchors = {left: 'start', start: 'start', center: 'middle', right: 'end', end: 'end'};
let clipCount = 0;

class SvgContext {
  constructor(ruler) {
    this.ruler = ruler;  // a canvas context, which knows the widths of texts
    this.elements = [];
    this.stack = [];
    this.path = new SvgPath();
    this.matrix = new DOMMatrix();
    Object.assign(this, {fillStyle: '#000', strokeStyle: '#000', lineWidth: 1, globalAlpha: 1, font: '10px sans-serif', textAlign: 'start',
                         textBaseline: 'alphabetic', lineJoin: 'miter', lineCap: 'butt', dashes: [], clipName: ''});
  }
  save() {
    const {stack, elements, ruler, path, ...kept} = this;
    this.stack.push({...kept, matrix: DOMMatrix.fromMatrix(this.matrix)});
  }
  restore() { Object.assign(this, this.stack.pop()); }
  scale(x, y) { this.matrix.scaleSelf(x, y); }
  translate(x, y) { this.matrix.translateSelf(x, y); }
  rotate(angle) { this.matrix.rotateSelf((angle * 180) / Math.PI); }
  beginPath() { this.path = new SvgPath(); }
  moveTo(x, y) { this.path.moveTo(x, y); }
  lineTo(x, y) { this.path.lineTo(x, y); }
  rect(...sides) { this.path.rect(...sides); }
  arc(...circle) { this.path.arc(...circle); }
  closePath() { this.path.closePath(); }
  setLineDash(dashes) { this.dashes = [...dashes]; }
  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }
  clearRect() {}

  /** What stands on the current place and in the current clip. */
  add(tag, attributes, text) {
    const {a, b, c, d, e, f} = this.matrix, placed = {...attributes};
    if (!this.matrix.isIdentity) placed.transform = `matrix(${[a, b, c, d, e, f].map((v) => Number(v.toFixed(5))).join(' ')})`;
    if (this.globalAlpha < 1) placed.opacity = this.globalAlpha;
    const drawn = svg(tag, placed, text);
    // Clips are in the coordinates of the whole, so they are not of the element that is moved.
    this.elements.push(this.clipName ? svg('g', {'clip-path': reference(this.clipName)}, drawn) : drawn);
  }
  clip(path = this.path) {
    const name = `clip-${clipCount += 1}`, {a, b, c, d, e, f} = this.matrix;
    const outer = this.clipName ? {'clip-path': reference(this.clipName)} : {};
    this.elements.push(svg('clipPath', {id: name, ...outer}, svg('path', {d: path.d, transform: `matrix(${[a, b, c, d, e, f].join(' ')})`})));
    this.clipName = name;
  }
  stroke(path = this.path) {
    if (!path.d) return;
    const extra = this.dashes.some((length) => length > 0) ? {'stroke-dasharray': this.dashes.map(coordinate).join(' ')} : {};
    this.add('path', {d: path.d, fill: 'none', stroke: this.strokeStyle, 'stroke-width': coordinate(this.lineWidth),
                      'stroke-linejoin': this.lineJoin, 'stroke-linecap': this.lineCap, ...extra});
  }
  fill(path = this.path) { if (path.d) this.add('path', {d: path.d, fill: this.fillStyle}); }
  fillRect(x, y, width, height) {
    this.add('rect', {x: coordinate(x), y: coordinate(y), width: coordinate(Math.abs(width)), height: coordinate(Math.abs(height)), fill: this.fillStyle});
  }
  fillText(text, x, y) {
    const [, size, family] = this.font.match(/([\d.]+)px\s+(.*)$/) ?? [null, '11', 'sans-serif'];
    const weight = this.font.match(/\b(600|bold)\b/) ? {'font-weight': 600} : {};
    this.add('text', {x: coordinate(x), y: coordinate(y), fill: this.fillStyle, 'text-anchor': anchors[this.textAlign] ?? 'start', 'font-size': size,
                      'font-family': family.replaceAll('"', "'"), 'dominant-baseline': baselines[this.textBaseline] ?? 'alphabetic', ...weight}, text);
  }
}

/** A reference within the drawing; the page as such refers to nothing outside. */
const reference = (name) => ['url', `(#${name})`].join('');
