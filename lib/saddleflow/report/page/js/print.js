// Printing: canvases hold the colours and the width with which they were drawn, so they are drawn anew for the paper.

/** Before the browser lays the page out for paper: light colours, and the width of the paper (page.css). */
function startPrinting() {
  document.documentElement.dataset.printing = 'yes';
  hideTips();
  refresh();
  fitTables();
}

function endPrinting() {
  delete document.documentElement.dataset.printing;
  for (const wide of document.querySelectorAll('.scroll > *')) wide.style.zoom = '';
  refresh();
}

/** Nobody can scroll on paper: tables and drawings that are too wide become smaller. */
function fitTables() {
  for (const frame of document.querySelectorAll('.scroll')) {
    const wide = frame.firstElementChild, share = wide ? frame.clientWidth / wide.scrollWidth : 1;
    if (share < 1) wide.style.zoom = String(share);
  }
}

addEventListener('beforeprint', startPrinting);
addEventListener('afterprint', endPrinting);
