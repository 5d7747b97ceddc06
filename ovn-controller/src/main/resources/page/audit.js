/** Audit: every row of ours against what is wanted. */
import {ask} from './ask.js';
import {h, paged, pill, show, trouble} from './dom.js';
import {rowOf} from './pod.js';

const MOST = 1000;
const WORDS = {Right: 'right', Missing: 'missing', Wrong: 'wrong', Superfluous: 'superfluous', Duplicate: 'duplicate',
  OnWrongRouter: 'on the wrong router', Shadowing: 'somebody else’s, in the way', Unreadable: 'unreadable'};

export function auditView(view) {
  const asked = new AbortController();
  let audit = null;
  let chosen = null;
  const lead = h('p', {class: 'lead', role: 'status'}, 'Comparing every row with what is wanted.');
  const again = h('button', {type: 'button', onclick: () => run()}, 'Audit again');
  const classes = h('div', {class: 'classes', role: 'group', 'aria-label': 'Classes of rows'});
  const filter = h('input', {type: 'text', id: 'rows', placeholder: 'object, pod, text of the row', oninput: () => draw()});
  const list = h('div');
  const narrow = h('div', {class: 'filter', hidden: true}, h('label', {class: 'hidden', for: 'rows'}, 'Show only rows with'), filter);
  show(view, h('div', {class: 'titled'}, h('div', {}, h('h1', {}, 'Is every row right?'), lead), again), classes, narrow, list);

  async function run() {
    again.disabled = true;
    lead.textContent = 'Comparing every row with what is wanted.';
    try {
      audit = await ask(`audit?limit=${MOST}&class=${Object.keys(WORDS).filter(each => each !== 'Right').join(',')}`, asked.signal);
      lead.textContent = `${audit.answer}.${audit.leader ? '' : ' This controller stands by: another one writes.'}${audit.connected ? '' : ' There is no connection to the database: this was known last.'}`;
      draw();
    } catch (error) {
      if (error.name === 'AbortError') return;
      lead.textContent = '';
      show(list, trouble(error));
    }
    again.disabled = false;
  }

  function draw() {
    show(classes, Object.entries(audit.rows).map(([name, count]) => h('button', {type: 'button', 'data-class': name,
      class: !count ? '' : name === 'Right' ? 'good' : 'bad', 'aria-pressed': String(chosen === name), disabled: name === 'Right', onclick: () => {
        chosen = chosen === name ? null : name;
        draw();
        classes.querySelector(`[data-class=${name}]`).focus();
      }}, h('b', {}, count.toLocaleString('en')), WORDS[name] ?? name)));
    const text = filter.value.trim().toLowerCase();
    const shown = audit.findings.filter(each => (!chosen || each.class === chosen) && (!text || JSON.stringify(each).toLowerCase().includes(text)));
    narrow.hidden = !audit.findings.length;
    show(list, shown.length ? paged(shown, finding, 25) : h('p', {class: 'empty'}, audit.findings.length ? 'No row is like this.' : 'Nothing has to be done.'),
      audit.findings.length >= MOST ? h('p', {class: 'soft'}, `The first ${MOST.toLocaleString('en')} rows are told one by one: ovn-egress audit tells more.`) : null);
  }

  run();
  return () => asked.abort();
}

function finding(each) {
  return h('li', {class: 'finding'}, h('div', {}, h('div', {class: 'head'}, pill(WORDS[each.class] ?? each.class, 'bad'),
    h('b', {}, each.owner), each.object ? h('span', {class: 'soft'}, each.object) : null, each.pod ? h('span', {class: 'soft'}, each.pod) : null,
    pill(each.standing.code, each.standing.code === 'Programmed' ? '' : 'warn')),
  h('p', {}, each.message), h('details', {}, h('summary', {}, 'The row'), rowOf(each.row))));
}
