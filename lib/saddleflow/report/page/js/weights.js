// |W_l| before, at and after the visits: the rows are neurons, in one order and one scale for all pictures.

const cellWidth = (columns) => Math.max(2, Math.min(11, 150 / columns));

/** One layer; `place` tells which neurons and inputs its rows and columns are. */
function layerMap(matrix, layer, place, cell) {
  const {largest, layers} = run.catalogue.pictures;
  const [rows, columns] = place.turned ? [place.columns, place.rows] : [place.rows, place.columns];
  const source = (k) => (layer ? `neuron ${k + 1}` : inputName(k)), target = (k) => `${layer + 1 === layers.length ? 'output' : 'neuron'} ${k + 1}`;
  const [down, across] = place.turned ? [source, target] : [target, source];
  const wide = Math.max(columns.length * cell, 8), high = rows.length * Math.min(11, Math.max(3, 260 / rows.length));
  return heatMap(matrix.map((row) => row.map((v) => (largest ? v / largest : 0))), wide, high, (i, j) =>
      `${down(rows[i])}, ${across(columns[j])}: ${number(matrix[i][j], 3)}`);
}

function weightPicture(picture) {
  const {layers} = run.catalogue.pictures;
  const widest = layers.reduce((sum, place) => sum + (place.turned ? place.rows : place.columns).length, 0);
  const cell = cellWidth(widest), when = known(picture.time) ? `t = ${number(picture.time, 5)}` : '';
  const title = picture.label ? element('p', {}, element('b', {}, picture.label), when && picture.label !== 'at the point' ? ` ${when}` : '') : null;
  return element('div', {class: 'weights'}, title,
      element('div', {class: 'rows'}, picture.layers.map((matrix, l) => layerMap(matrix, l, layers[l], cell))));
}

function pictureTitle({visit, point}, along) {
  const found = run.catalogue.points[point], parts = along ? [visit < 0 ? 'not visited' : `visit ${visit + 1}`] : [];
  if (found) parts.push(`loss ${number(found.loss)}`);
  return [element('h3', {}, found ? found.name : 'unknown point'), element('p', {}, parts.join(' · '))];
}

/** The magnitude of every weight of the pictures of a group. */
function weightTable({pictures}) {
  const {layers} = run.catalogue.pictures, rows = [['picture', 't', 'layer', 'row', 'column', 'magnitude']];
  for (const picture of pictures) {
    picture.layers.forEach((matrix, l) => matrix.forEach((line, i) => line.forEach((value, j) => {
      const [row, column] = layers[l].turned ? [layers[l].rows[j], layers[l].columns[i]] : [layers[l].rows[i], layers[l].columns[j]];
      rows.push([picture.label, picture.time, l + 1, row + 1, column + 1, value]);
    })));
  }
  return rows;
}

/** Canvases have the colours of the paper: drawn anew when these change. */
function addWeightPictures() {
  const frame = document.getElementById('weight-pictures');
  if (!frame) return;
  const {groups, largest, layers, left_out: left} = run.catalogue.pictures;
  const names = layers.map(({turned}, l) => `W${[...String(l + 1)].map((c) => '₀₁₂₃₄₅₆₇₈₉'[c]).join('')}${turned ? 'ᵀ' : ''}`);
  const along = run.rows > 0;
  frame.replaceChildren(element('p', {class: 'note'},
      `${names.map((name) => `|${name}|`).join(', ')} ${along ? 'before each visit (where the one before it ended, or at the start), at the point and after it' : 'at each point'}: ` +
      'one row a neuron, in the order in which they become active, one scale for all. ', left ? `${left} more are not shown. ` : '',
      element('span', {class: 'scale rising'}, '0', element('i'), number(largest, 3))),
      element('div', {class: along ? 'groups' : 'groups single'}, groups.map((group) => element('div', {class: 'moment', 'data-weights': group.point},
          ...pictureTitle(group, along), element('div', {class: 'triple'}, group.pictures.map(weightPicture))))));
  frame.querySelectorAll('.moment').forEach((panel, k) => panel.querySelector('p').append(' ',
      downloads(`weights ${k + 1}`, async () => panelSvg(panel), () => weightTable(groups[k]))));
}
