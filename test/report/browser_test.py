"""Opens rendered reports in headless Chromium and finds the curves. usage: browser_test.py RENDER_EXAMPLE [FOLDER]

With FOLDER the pages and screenshots are left there. Exit status 77 (skipped) without Chromium.
"""

import html
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from browser import SKIPPED, Browser, installed

# page, address, attributes of <body>, (pattern, least number) in the document
CASES = [
    ("plane", "", {"plots": "7", "series": "58", "x": "linear"}, [("<canvas", 16), ('data-spectrum="', 2)]),
    ("plane", "#x=log&y=log&theme=dark", {"plots": "7", "series": "58", "x": "log"}, [("<canvas", 16)]),
    ("plane", "#x=steps&y=linear", {"plots": "7", "series": "58", "x": "steps"}, [("<canvas", 16)]),
    ("map", "", {"plots": "6", "series": "30"}, [("<canvas", 6 + 3 * 7 + 2), ('data-view="map"', 1)]),
    ("diagonal", "", {"plots": "5"}, [("<canvas", 5 + 4), ('data-view="coefficients"', 1)]),
    ("kkt", "", {"plots": "9", "series": str(34 + 2 + 23 + 27)}, [("<canvas", 19 + 4), ('data-kkt="', 4), ('class="chosen"', 1)]),
    ("kkt", "#x=log&theme=dark", {"plots": "9", "x": "log"}, [('data-kkt="', 4)]),
    ("kkt_map", "#x=steps", {"plots": "8", "x": "steps"}, [('data-kkt="', 4)]),
    ("points", "", {"plots": "0", "series": "0"}, [("<canvas", 4), ('data-kkt="', 4), ("4 KKT points", 1)]),
    ("modes", "", {"plots": "9", "series": str(58 + 2 + 1)}, [("<canvas", 18), ('id="plot-raster"', 1), ("mode changes", 1),
                                                         ("Not certain:</b> at 2 times", 1), ("it branches at 1 time.", 1)]),
    ("modes", "#x=log&y=log&theme=dark", {"plots": "9", "x": "log"}, [('id="plot-raster"', 1)]),
    ("modes", "#x=steps", {"plots": "9", "x": "steps"}, [('id="plot-raster"', 1)]),
    ("measures", "", {"plots": "9", "series": str(30 + 3 + 6 + 1 + 3)}, [('id="plot-singular"', 1), ('id="plot-width"', 1), ('id="plot-distance"', 1), ("end-to-end map", 1),
                                                                  ("at least 10⁻⁴ of what the largest adds", 1)]),
    ("measures", "#x=steps&y=log&theme=dark", {"plots": "9", "x": "steps"}, [('id="plot-singular"', 1)]),
    ("no_mode_change", "", {"plots": "7"}, [("No pre-activation has come to zero", 1)]),
    ("saddles", "", {"plots": "6"}, [('class="node"', 5), ('class="edge"', 4), ('class="edge dashed"', 2), ('data-weights="', 4),
                                    ("leaves first", 1), ("2 of them known from an unstable manifold", 1)]),
    ("saddles", "#x=log&y=log&theme=dark", {"plots": "6", "x": "log"}, [('class="node"', 5)]),
    ("several", "", {"plots": "0", "series": "0"}, [('class="node"', 5), ('data-weights="', 4), ("5 critical points", 1),
                                                   ("<th>exit overlap", 1)]),
    ("no_saddle", "", {"plots": "6"}, [("No critical point was found", 1), ("visited no saddle", 1)]),
    ("growing", "", {"plots": "5"}, [('id="chart-', 3), ('class="unit', 6 + 4 + 3 + 1), ('class="weight', 30), ("chosen", 1),
                                     ("7 hidden neurons", 1), ("round 0", 1)]),
    ("growing", "#x=steps&y=log&theme=dark", {"plots": "5", "x": "steps"}, [('class="unit', 14)]),
    ("growing_wide", "", {"plots": "0", "series": "0"}, [('id="chart-', 2), ('class="unit', 1 + 4 + 3 + 1), ("64 inputs", 1)]),
    ("runs", "", {"plots": "1", "series": "6", "x": "linear"}, [("<canvas", 1), (">run-2.h5</td>", 1), (">made_up.later<", 1), ("3 runs</b>", 1)]),
    ("runs", "#x=log&y=log&theme=dark", {"plots": "1", "series": "6", "x": "log"}, [("<canvas", 1)]),
    ("runs", "#x=steps", {"plots": "1", "x": "linear"}, []),
    ("bare", "", {"plots": "1", "series": "1"}, [("<canvas", 1)]),
]

# What a reader does, and what must follow; the checks that failed go into data-failed.
READER = """
const failed = [], check = (holds, what) => holds || failed.push(what);
const pause = () => new Promise((done) => setTimeout(done, 150));
const over = () => document.querySelector('#plot-loss .u-over');
const send = (type, target, x, y) => {
  const box = over().getBoundingClientRect();
  target.dispatchEvent(new MouseEvent(type, {bubbles: true, clientX: box.left + x, clientY: box.top + y,
                                             movementX: 1, view: window}));
};
const times = () => [...document.querySelectorAll('.values')].map((v) => v.textContent.match(/(?:t|step) = ([\\d.\u2009]+)/))
    .filter(Boolean).map((m) => parseFloat(m[1].replace('\u2009', '')));
const press = (name) => document.querySelector(`#toolbar button[data-choice="${name}"]`).click();
addEventListener('load', async () => {
  await pause();
  const width = over().clientWidth;
  send('mousemove', over(), width / 2, 50);
  await pause();
  check(times().length >= 5 && times().every((t) => t > 2700 && t < 3300), 'shared cursor: ' + times());
  const escape = document.querySelector('#plot-loss .tip');
  check(escape.hidden, 'no tip between the events');
  send('mousemove', over(), width * 640 / 6000, 50);
  check(!escape.hidden && escape.textContent.includes('origin escape'), 'tip at an event: ' + escape.textContent);
  document.dispatchEvent(new Event('scroll'));
  check(escape.hidden, 'no tip after scrolling');
  send('mousemove', over(), width * 640 / 6000, 50);
  check(!escape.hidden, 'the tip is back');
  send('mouseleave', over(), width * 640 / 6000, 50);
  check(escape.hidden, 'no tip outside');
  send('mousemove', over(), width * 640 / 6000, 50);
  document.getElementById('reset').click();
  check(escape.hidden, 'no tip when the axis is another');
  send('mousemove', over(), width * 0.25, 50);
  send('mousedown', over(), width * 0.25, 50);
  send('mousemove', over(), width * 0.5, 60);
  await pause();
  send('mouseup', document, width * 0.5, 60);
  await pause();
  const zoom = document.body.dataset.zoom.split(' ').map(Number);
  check(Math.abs(zoom[0] - 1500) < 20 && Math.abs(zoom[1] - 3000) < 20, 'zoom by dragging: ' + zoom);
  document.getElementById('reset').click();
  await pause();
  check(document.body.dataset.zoom === '', 'reset of the zoom');
  for (const x of ['log', 'steps', 'linear']) {
    press(x);
    await pause();
    check(document.body.dataset.x === x, 'switch to ' + x);
  }
  document.querySelector('#plot-loss .caption button').click();
  check(document.querySelector('#plot-loss .caption button').textContent === 'log', 'switch of one plot');
  press('dark');
  check(document.documentElement.dataset.theme === 'dark', 'dark paper');
  await pause();
  const drawn = () => [...document.querySelectorAll('.plot')].map((frame) => [frame.clientWidth, frame.firstChild.offsetWidth]);
  const screen = JSON.stringify(drawn());
  dispatchEvent(new Event('beforeprint'));
  await pause();
  check(drawn().every(([frame, chart]) => frame === chart) && JSON.stringify(drawn()) !== screen, 'as wide as the paper: ' + drawn());
  dispatchEvent(new Event('afterprint'));
  await pause();
  check(JSON.stringify(drawn()) === screen, 'as wide as the window again: ' + JSON.stringify(drawn()) + ' after ' + screen);
  document.querySelector('#events tbody tr').dispatchEvent(new MouseEvent('mouseenter'));
  document.body.dataset.failed = failed.join('; ') || 'nothing';
});
"""


# Every chart is saved as SVG and as CSV; the files are caught on their way, and those of the first plot are looked at.
SAVE_READER = """
const failed = [], check = (holds, what) => holds || failed.push(what);
const pause = (time = 150) => new Promise((done) => setTimeout(done, time));
const blobs = [], saved = [];
URL.createObjectURL = (blob) => 'blob:' + blobs.push(blob);
HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
addEventListener('load', async () => {
  await pause();
  const data = JSON.parse(document.getElementById('run-data').textContent);
  const charts = [...document.querySelectorAll('figure, .moment')].filter((chart) => chart.querySelector('canvas, svg'));
  check(charts.length && charts.every((chart) => chart.querySelector('[data-save]')), 'a chart without buttons');
  const buttons = [...document.querySelectorAll('[data-save]')];
  check(buttons.every((button) => button.tabIndex === 0 && button.getAttribute('aria-label')), 'a button that no key reaches');
  for (const button of buttons) {
    button.focus();
    button.click();
    for (let wait = 0; wait < 100 && saved.length <= buttons.indexOf(button); ++wait) await pause(10);
  }
  check(saved.length === buttons.length, `${saved.length} files of ${buttons.length} buttons`);
  const texts = await Promise.all(blobs.map((blob) => blob.text()));
  texts.forEach((text, k) => {
    if (saved[k].endsWith('.csv')) {
      const rows = text.trimEnd().split('\\r\\n');
      check(rows.length > 1, saved[k] + ' has no rows');
      return;
    }
    const drawing = new DOMParser().parseFromString(text, 'image/svg+xml'), marks = drawing.querySelectorAll('path, rect, text, circle').length;
    check(!drawing.querySelector('parsererror') && drawing.documentElement.tagName === 'svg' && marks > 8, `${saved[k]}: ${marks} marks`);
    check(!/NaN|undefined/.test(text), saved[k] + ' holds what is no number');
  });
  const source = data.plots.loss, csv = texts[saved.findIndex((name) => /-loss(-of-the-runs)?\\.csv$/.test(name))].trimEnd().split('\\r\\n');
  check(csv.length === 1 + source.time.length, 'rows of the loss: ' + csv.length);
  const first = source.curves[0].values, row = csv[10].split(',').map(Number), at = csv[0].split(',').length - source.curves.length;
  check(row[0] === source.time[9] && row[at] === first[9], 'row 10 of the loss: ' + csv[10]);
  const drawn = texts[saved.findIndex((name) => /-loss(-of-the-runs)?\\.svg$/.test(name))];
  const names = source.curves.map(({name}) => name);
  check(names.every((name) => drawn.includes(`>${name}<`)), 'names of the curves: ' + names);
  check(/flow time t|accepted steps/.test(drawn) && /<path d="M/.test(drawn), 'the loss as SVG');
  document.body.dataset.failed = failed.join('; ') || 'nothing';
});
"""


# A view that a link holds, and that it follows what the reader does.
ADDRESS_READER = """
const failed = [], check = (holds, what) => holds || failed.push(what);
const pause = () => new Promise((done) => setTimeout(done, 150));
const hash = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
addEventListener('load', async () => {
  await pause();
  check(location.hash === '', 'a bare address to begin with: ' + location.hash);
  location.hash = '#x=log&y.loss=log&zoom=700,3000&theme=dark';
  await pause();
  const {dataset} = document.body;
  check(dataset.x === 'log' && dataset.zoom === '700 3000', `the view of the address: ${dataset.x}, ${dataset.zoom}`);
  check(document.documentElement.dataset.theme === 'dark', 'its paper');
  check(document.querySelector('#plot-loss .caption button').textContent === 'log', 'the values of one plot');
  check(hash().zoom === '700,3000' && (hash()['y.loss'] ?? hash().y) === 'log' && hash().x === 'log', 'it stays: ' + location.hash);
  document.querySelector('#toolbar button[data-choice="steps"]').click();
  await pause();
  check(hash().x === 'steps' && !hash().zoom, 'the axis is another: ' + location.hash);
  document.getElementById('reset').click();
  const over = document.querySelector('#plot-loss .u-over'), box = over.getBoundingClientRect();
  const send = (type, target, x) => target.dispatchEvent(new MouseEvent(type, {bubbles: true, clientX: box.left + x, clientY: box.top + 50, movementX: 1, view: window}));
  send('mousemove', over, box.width * 0.25);
  send('mousedown', over, box.width * 0.25);
  send('mousemove', over, box.width * 0.5);
  await pause();
  send('mouseup', document, box.width * 0.5);
  await pause();
  check(hash().zoom === dataset.zoom.replace(' ', ',') && dataset.zoom !== '', `a zoom by dragging: ${location.hash}`);
  location.hash = '#x=linear&zoom=9,1';
  await pause();
  check(dataset.zoom === '' && dataset.x === 'linear', 'a zoom that is none: ' + dataset.zoom);
  document.body.dataset.failed = failed.join('; ') || 'nothing';
});
"""


# The same for the raster of mode changes: what is said of the last mark, and that it zooms with the others.
RASTER_READER = """
const failed = [], check = (holds, what) => holds || failed.push(what);
const pause = () => new Promise((done) => setTimeout(done, 150));
addEventListener('load', async () => {
  await pause();
  const {modes} = JSON.parse(document.getElementById('run-data').textContent), last = modes.time.length - 1;
  const figure = document.getElementById('plot-raster'), over = figure.querySelector('.u-over'), tip = figure.querySelector('.tip');
  const send = (type, target, x, y) => {
    const box = over.getBoundingClientRect();
    target.dispatchEvent(new MouseEvent(type, {bubbles: true, clientX: box.left + x, clientY: box.top + y, movementX: 1, view: window}));
  };
  const {clientWidth: width, clientHeight: height} = over;
  const row = height / modes.neurons.length, x = width * modes.time[last] / 6000, y = row * (modes.neuron[last] + 0.5);
  send('mousemove', over, width * 0.99, y);
  check(tip.hidden, 'no tip away from the marks');
  send('mousemove', over, x, y);
  const wanted = [modes.kinds[modes.kind[last]][0], `layer 1, neuron 1.${modes.neuron[last] + 1}, sample ${modes.sample[last] + 1}`, 'then '];
  check(!tip.hidden && wanted.every((words) => tip.textContent.includes(words)), 'tip at a mark: ' + tip.textContent);
  check(!figure.querySelector('.caption > button'), 'no logarithm of neuron numbers');
  send('mousemove', over, width * 0.25, y);
  send('mousedown', over, width * 0.25, y);
  send('mousemove', over, width * 0.5, y);
  await pause();
  send('mouseup', document, width * 0.5, y);
  await pause();
  const zoom = document.body.dataset.zoom.split(' ').map(Number);
  check(Math.abs(zoom[0] - 1500) < 20 && Math.abs(zoom[1] - 3000) < 20, 'zoom by dragging: ' + zoom);
  document.body.dataset.failed = failed.join('; ') || 'nothing';
});
"""


# The rounds: the slider and the rows of the table choose the network, the charts tell of the round under the cursor.
# The tips of the singular values and of the effective width tell the curve under the pointer.
MEASURE_READER = """
const failed = [], check = (holds, what) => holds || failed.push(what);
const pause = () => new Promise((done) => setTimeout(done, 150));
addEventListener('load', async () => {
  await pause();
  for (const [id, names] of [['singular', ['product \u03c31', 'layer 1 \u03c31', 'layer 2 \u03c31']], ['width', ['hidden layer 1']]]) {
    const figure = document.getElementById('plot-' + id), over = figure.querySelector('.u-over'), tip = figure.querySelector('.tip');
    check(/ over time: ./.test(figure.querySelector('.plot').getAttribute('aria-label')), 'label of ' + id);
    const box = over.getBoundingClientRect(), found = new Set();
    for (let y = 1; y < over.clientHeight; y += 2) {
      over.dispatchEvent(new MouseEvent('mousemove', {bubbles: true, clientX: box.left + over.clientWidth * 0.9, clientY: box.top + y, movementX: 1, view: window}));
      if (!tip.hidden) found.add(tip.querySelector('b').textContent);
    }
    check(names.some((name) => found.has(name)), `tips of ${id}: ${[...found].join(', ')}`);
  }
  check(document.querySelector('#norms .terms'), 'no words for the symbols');
  document.body.dataset.failed = failed.join('; ') || 'nothing';
});
"""


ROUNDS_READER = """
const failed = [], check = (holds, what) => holds || failed.push(what);
const pause = () => new Promise((done) => setTimeout(done, 150));
addEventListener('load', async () => {
  await pause();
  const {list} = JSON.parse(document.getElementById('run-data').textContent).rounds;
  const units = () => document.querySelectorAll('#round-graph .unit').length;
  const rings = () => document.querySelectorAll('#round-graph .ring').length;
  const words = () => document.querySelector('#round-graph .values').textContent;
  check(document.querySelector('#plot-loss .caption button').textContent === 'log', 'losses of rounds are logarithmic');
  check(units() === 14 && rings() === 1, `last network: ${units()} units, ${rings()} new`);
  const slider = document.querySelector('#round-graph input');
  slider.value = 0;
  slider.dispatchEvent(new Event('input'));
  check(units() === 6 + 1 + 1 + 1 && rings() === 2, `first network: ${units()} units, ${rings()} new`);
  check(words().includes('after round 0') && words().includes('every layer'), 'words of round 0: ' + words());
  check(document.querySelector('#round-graph input') === slider, 'the slider stays');
  const rows = document.querySelectorAll('#rounds tbody tr');
  rows[3].click();
  check(units() === 6 + 3 + 2 + 1 && rings() === 1 && slider.value === '3', `network of row 3: ${units()} units`);
  check([...rows].map((row) => row.className).join() === ',,,chosen,,', 'chosen row');
  const tip = document.querySelector('#round-graph .unit.fresh title').textContent;
  check(tip.startsWith('neuron 1.3, born in round 3, ‖in‖ = '), 'tip of the new neuron: ' + tip);
  const edges = [...document.querySelectorAll('#round-graph .weight.fresh title')].map((title) => title.textContent);
  check(edges.length === 6 + 2 && edges.some((text) => text.startsWith('neuron 1.3 → neuron 2.2: ')), 'its weights: ' + edges);
  const chart = document.querySelector('#chart-loss'), over = chart.querySelector('.u-over'), box = over.getBoundingClientRect();
  over.dispatchEvent(new MouseEvent('mousemove', {bubbles: true, clientX: box.left + box.width * 2.1 / 6, clientY: box.top + 40,
                                                  movementX: 1, view: window}));
  await pause();
  const told = chart.querySelector('.values').textContent;
  const charts = [...document.querySelectorAll('#round-charts .plot')].map((frame) => [frame.clientWidth, frame.firstChild.offsetWidth]);
  check(charts.length === 3 && charts.every(([frame, drawn]) => frame === drawn), 'charts as wide as their frames: ' + charts);
  check(told.includes('round 2') && told.includes(String(list[2].loss_after).slice(0, 5)), 'read-out of the chart: ' + told);
  document.querySelector('#toolbar button[data-choice="dark"]').click();
  check(units() === 12 && document.querySelectorAll('#round-charts figure').length === 3, 'drawn anew on dark paper');
  document.body.dataset.failed = failed.join('; ') || 'nothing';
});
"""


def documents_of(browser, pages):
    """What the pages become: each an address and the note (data-... of its body) that it is done."""
    for address, mark in pages:
        browser.open(address, mark)
        yield browser.document()


def failures(name, address, wanted, patterns, document):
    body = re.search(r"<body([^>]*)>", document)
    found = dict(re.findall(r'data-([\w-]+)="([^"]*)"', body.group(1))) if body else {}
    for key, value in {"ready": "yes", "errors": "0", **wanted}.items():
        if found.get(key) != value:
            yield f"{name}{address}: data-{key} is {found.get(key)!r}, expected {value!r}; {html.unescape(found.get('messages', ''))}"
    if ("KKT points near the origin" in document.split("<script", 1)[0]) != ('data-kkt="' in document):
        yield f"{name}{address}: a heading without KKT points, or points without one"
    if ("<h2>Mode changes</h2>" in document.split("<script", 1)[0]) != (name in ("modes", "no_mode_change")):
        yield f"{name}{address}: a heading without mode changes, or mode changes without one"
    if ("<h2>Critical points</h2>" in document.split("<script", 1)[0]) != (name in ("saddles", "several", "no_saddle")):
        yield f"{name}{address}: a heading without critical points, or points without one"
    if ("<h2>Rounds</h2>" in document.split("<script", 1)[0]) != name.startswith("growing"):
        yield f"{name}{address}: a heading without rounds, or rounds without one"
    if "hacked" in found:
        yield f"{name}{address}: a title was run as a script"
    for pattern, least in patterns:
        if document.count(pattern) < least:
            yield f"{name}{address}: {document.count(pattern)} times {pattern!r}, expected at least {least}"


def address_of(folder, name):
    return (Path(folder) / f"{name}.html").resolve().as_uri()


def main(render, folder):
    if installed() is None:
        print("skipped: chromium is not installed (Debian package chromium)")
        return SKIPPED
    subprocess.run([render, folder], check=True)
    pages = [(address_of(folder, name) + address, "ready") for name, address, _, _ in CASES]
    readers = [("plane", READER), ("measures", MEASURE_READER), ("modes", RASTER_READER), ("growing", ROUNDS_READER), ("plane", ADDRESS_READER)]
    readers += [(name, SAVE_READER) for name in ("plane", "kkt_map", "diagonal", "modes", "measures", "saddles", "growing", "runs")]
    for number, (name, reader) in enumerate(readers):
        played = Path(folder) / f"played-{number}-{name}.html"
        text = (Path(folder) / f"{name}.html").read_text(encoding="utf-8")
        played.write_text(text.replace("</body>", f"<script>{reader}</script></body>"), encoding="utf-8")
        pages.append((played.resolve().as_uri(), "failed"))
    shot = Path(folder) / "plane.png"
    with Browser() as browser:
        documents = list(documents_of(browser, pages))
        browser.open(address_of(folder, "plane"), "ready")
        shot.write_bytes(browser.screenshot())
    problems = []
    for (name, address, wanted, patterns), document in zip(CASES, documents):
        problems += failures(name, address, wanted, patterns, document)
    for (name, _), document in zip(readers, documents[len(CASES):]):
        problems += failures(name, " played", {"failed": "nothing"}, [], document)
    if shot.stat().st_size < 30_000:
        problems.append("plane: the screenshot is blank")
    print("\n".join(problems) or f"{len(CASES)} pages drawn without an error")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(main(sys.argv[1], sys.argv[2]))
    with tempfile.TemporaryDirectory(prefix="saddleflow-report-") as temporary:
        sys.exit(main(sys.argv[1], temporary))
