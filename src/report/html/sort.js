'use strict';
// Orders a table by the column whose header is pressed; without scripts it is a plain table.
document.querySelectorAll('table.sortable').forEach(function (table) {
  var body = table.tBodies[0];
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var units = { k: 1e3, M: 1e6, B: 1e9, T: 1e12 };

  // The figure behind a cell; where none is given, the number that it shows.
  function figure(cell) {
    if (cell.dataset.value) return Number(cell.dataset.value);
    var found = /^[$]?([-+]?[0-9.]+)([kMBT]?)/.exec(cell.textContent.trim().replace(/\u2009/g, ''));
    return found ? Number(found[1]) * (units[found[2]] || 1) : NaN;
  }

  heads.forEach(function (head, column) {
    var words = head.classList.contains('words');
    var button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent.trim();
    head.textContent = '';
    head.appendChild(button);
    button.addEventListener('click', function () {
      // Numbers begin with the greatest, words with the first.
      var now = head.getAttribute('aria-sort');
      var up = now ? now === 'descending' : words;
      heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      var rows = Array.prototype.slice.call(body.rows).map(function (row) {
        var cell = row.cells[column];
        return { row: row, key: words ? cell.textContent.trim() : figure(cell) };
      });
      rows.sort(function (one, other) {
        if (words) return (up ? 1 : -1) * one.key.localeCompare(other.key);
        // What has no number comes last either way.
        if (isNaN(one.key) || isNaN(other.key)) return isNaN(one.key) - isNaN(other.key);
        return (up ? 1 : -1) * (one.key - other.key);
      });
      rows.forEach(function (entry) { body.appendChild(entry.row); });
    });
  });
});
