'use strict';
// Chooses, checks, runs and shows topologies. Everything from the server is put in as text, but
// for the picture, which is parsed as SVG; the report stands in a frame that may do nothing here.
(function () {
  const at = (id) => document.getElementById(id);
  const text = at('text');
  // What the topology is called, and what it said when it was opened.
  let file = '';
  let opened = '';
  // The check that was asked for last, and when the next is due.
  let checks = 0;
  let due = 0;
  // The run under way, what tells of it, and when it was first heard of.
  let run = null;
  let events = null;
  let begun = 0;

  function element(tag, content, name) {
    const made = document.createElement(tag);
    if (content) made.textContent = content;
    if (name) made.className = name;
    return made;
  }

  // Asks the server; an answer that is no success is thrown as what it says.
  async function ask(method, route, body) {
    const request = { method: method };
    if (body) {
      request.headers = { 'Content-Type': 'application/json' };
      request.body = JSON.stringify(body);
    }
    let answer;
    try {
      answer = await fetch(route, request);
    } catch (gone) {
      throw { error: 'the server does not answer', help: 'is `kneepoint serve` still running?' };
    }
    if (!answer.ok) throw await answer.json();
    return answer;
  }

  // What is asked, of the text and the fields.
  function question() {
    const asked = { topology: text.value, file: file };
    if (at('variant').value) asked.variant = at('variant').value;
    asked.set = at('set').value.split('\n').filter((line) => line.trim());
    if (at('horizon').value.trim()) asked.horizon = at('horizon').value.trim();
    ['seed', 'replications'].forEach(function (name) {
      const given = at(name).value.trim();
      if (!given) return;
      // A greater one would be rounded on its way.
      if (!/^\d+$/.test(given) || !Number.isSafeInteger(Number(given))) {
        throw { error: name + ' must be a whole number from 0 to ' + Number.MAX_SAFE_INTEGER + ', got `' + given + '`' };
      }
      asked[name] = Number(given);
    });
    return asked;
  }

  // Shows why something could not be done; nothing if that is nothing.
  function fail(why) {
    at('failure').hidden = !why;
    at('failure').textContent = why ? why.error + (why.help ? ': ' + why.help : '') : '';
    if (why && why.diagnostics) diagnose(why.diagnostics);
  }

  // Puts the cursor where a diagnostic is; columns count characters, the text halves of some.
  function go(line, column) {
    const lines = text.value.split('\n');
    const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const place = before + Array.from(lines[line - 1] || '').slice(0, column - 1).join('').length;
    text.focus();
    text.setSelectionRange(place, place);
    text.scrollTop = Math.max(0, (line - 5) * text.scrollHeight / lines.length);
  }

  function diagnose(found) {
    const errors = found.filter((one) => one.level === 'error').length;
    const count = (number, word) => number + ' ' + word + (number === 1 ? '' : 's');
    at('sum').textContent = count(errors, 'error') + ', ' + count(found.length - errors, 'warning');
    at('diagnostics').replaceChildren(...found.map(function (one) {
      const item = element('li', '', one.level);
      if (one.line) {
        const place = element('button', 'line ' + one.line + ', column ' + one.column);
        place.type = 'button';
        place.addEventListener('click', () => go(one.line, one.column));
        item.append(place, ' ');
      } else if (one.option) {
        item.append(element('code', one.option), ' ');
      }
      item.append(one.level + ': ' + one.message);
      if (one.help) item.append(element('div', 'help: ' + one.help));
      return item;
    }));
  }

  function draw(svg) {
    at('picture').classList.toggle('old', !svg);
    if (!svg) return;
    const drawn = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
    at('picture').replaceChildren(document.importNode(drawn, true));
  }

  function offer(variants) {
    const chosen = at('variant').value;
    const all = variants.includes(chosen) || !chosen ? variants : variants.concat(chosen);
    at('variant').replaceChildren(new Option('none', ''), ...all.map((name) => new Option(name, name)));
    at('variant').value = chosen;
  }

  async function check() {
    const number = ++checks;
    try {
      const found = await (await ask('POST', '/check', question())).json();
      // A later one is under way.
      if (number !== checks) return;
      diagnose(found.diagnostics);
      draw(found.svg);
      if (found.variants) offer(found.variants);
    } catch (why) {
      if (number !== checks) return;
      at('diagnostics').replaceChildren();
      at('sum').textContent = why.error || String(why);
    }
  }

  // Checks once nothing has changed for a moment.
  function soon() {
    clearTimeout(due);
    due = setTimeout(check, 300);
  }

  async function open(name, button) {
    if (text.value !== opened && !confirm('Replace the text, which you have changed?')) return;
    try {
      const answer = await ask('GET', '/topologies/' + encodeURIComponent(name));
      text.value = await answer.text();
    } catch (why) {
      fail(why);
      return;
    }
    // As the field holds it: line breaks may be others.
    opened = text.value;
    file = name;
    at('file').textContent = name;
    document.querySelectorAll('#topologies button').forEach(function (one) {
      one.setAttribute('aria-pressed', String(one === button));
    });
    button.scrollIntoView({ block: 'nearest' });
    at('variant').value = '';
    at('set').value = '';
    clearTimeout(due);
    check();
  }

  async function list() {
    const entries = await (await ask('GET', '/topologies')).json();
    let group = '';
    let items = null;
    entries.forEach(function (entry) {
      if (entry.group !== group) {
        group = entry.group;
        items = element('ul');
        at('topologies').append(element('h3', group), items);
      }
      const button = element('button');
      button.type = 'button';
      button.append(element('strong', entry.name), entry.description || '');
      if (entry.question) button.append(element('span', entry.question));
      button.addEventListener('click', () => open(entry.name, button));
      const item = element('li');
      item.append(button);
      items.append(item);
      if (entry.first) open(entry.name, button);
    });
  }

  function busy(is) {
    at('start').disabled = is;
    at('stop').disabled = !is;
    at('progress').hidden = !is;
  }

  function progress(said) {
    if (said.state === 'waiting') {
      at('bar').removeAttribute('value');
      at('how').textContent = 'waiting for ' + said.ahead + (said.ahead === 1 ? ' run' : ' runs');
      return;
    }
    begun = begun || Date.now();
    const share = said.planned_s > 0 ? said.simulated_s / said.planned_s : 0;
    const left = (Date.now() - begun) / 1000 * (1 - share) / share;
    at('bar').value = share;
    at('how').textContent = said.message + (share > 0.02 ? ', about ' + Math.ceil(left) + ' s left' : '');
  }

  function done(said) {
    const count = (verdict) => said.objectives.filter((one) => one.verdict === verdict).length;
    const others = ['missed', 'undecided'].filter(count).map((word) => ', ' + count(word) + ' ' + word);
    const any = said.objectives.length > 0;
    at('verdict').className = 'verdict ' + (count('missed') ? 'missed' : count('undecided') ? 'undecided' : any ? 'met' : '');
    at('verdict').textContent = any
      ? count('met') + ' of ' + said.objectives.length + ' objectives met' + others.join('')
      : 'The file has no objectives, so that there is nothing to judge.';
    at('judged').hidden = !any;
    at('objectives').replaceChildren(...said.objectives.map(function (one) {
      const row = element('tr', '', one.verdict);
      const name = element('th', one.expression);
      name.scope = 'row';
      row.append(element('td', one.sign + ' ' + one.verdict, 'words'), name, element('td', one.measured, 'words'));
      return row;
    }));
    ['html', 'json', 'md', 'csv'].forEach((form) => { at(form).href = said.report[form]; });
    at('report').src = said.report.html;
    at('partial').hidden = !said.interrupted;
    at('result').hidden = false;
  }

  function end() {
    events.close();
    run = null;
    busy(false);
  }

  function watch(route) {
    begun = 0;
    events = new EventSource(route);
    events.addEventListener('progress', (event) => progress(JSON.parse(event.data)));
    events.addEventListener('done', function (event) {
      end();
      done(JSON.parse(event.data));
    });
    events.addEventListener('failed', function (event) {
      end();
      fail(JSON.parse(event.data));
    });
    events.onerror = function () {
      end();
      fail({ error: 'the server does not answer any more', help: 'is `kneepoint serve` still running?' });
    };
  }

  at('form').addEventListener('submit', async function (event) {
    event.preventDefault();
    if (run || at('start').disabled) return;
    fail(null);
    at('result').hidden = true;
    at('how').textContent = 'checking';
    at('bar').removeAttribute('value');
    busy(true);
    at('stop').disabled = true;
    try {
      run = await (await ask('POST', '/runs', question())).json();
      at('stop').disabled = false;
      watch(run.events);
    } catch (why) {
      busy(false);
      fail(why);
    }
  });

  at('stop').addEventListener('click', async function () {
    at('stop').disabled = true;
    try {
      await ask('DELETE', '/runs/' + run.id);
    } catch (why) {
      fail(why);
    }
  });

  text.addEventListener('input', soon);
  at('form').addEventListener('input', soon);
  addEventListener('beforeunload', function (event) {
    if (text.value !== opened) event.preventDefault();
  });
  list().catch(fail);
})();
