/** The field in the header: as one types, names are looked for among all pods, addresses, objects and nodes. */
import {ask} from './ask.js';
import {h, many, show} from './dom.js';

const WAIT = 120;
const WORDS = {pod: 'pod', ip: 'address', egressip: 'object', egressrouter: 'object', node: 'node'};

/** @param go called with kind and name of what was chosen */
export function searching(go) {
  const form = document.querySelector('.search');
  const field = document.getElementById('search');
  const list = document.getElementById('found');
  let timer;
  let asked = new AbortController();
  let chosen = -1;

  const options = () => [...list.querySelectorAll('[role=option]')];
  const close = () => {
    list.hidden = true;
    chosen = -1;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  };
  const choose = number => {
    const all = options();
    if (!all.length) return;
    chosen = (number + all.length) % all.length;
    all.forEach((option, i) => option.setAttribute('aria-selected', i === chosen));
    all[chosen].scrollIntoView({block: 'nearest'});
    field.setAttribute('aria-activedescendant', all[chosen].id);
  };
  const take = option => {
    close();
    field.value = '';
    go(option.dataset.kind, option.dataset.name);
  };

  async function look() {
    asked.abort();
    asked = new AbortController();
    const text = field.value.trim();
    if (!text) return close();
    try {
      const answer = await ask(`search?limit=12&q=${encodeURIComponent(text)}`, asked.signal);
      show(list, answer.found.map((each, i) => h('li', {
        role: 'option', id: `found-${i}`, 'aria-selected': 'false', 'data-kind': each.kind, 'data-name': each.name,
        onmousedown: event => event.preventDefault(), onclick: event => take(event.currentTarget),
      }, h('span', {class: 'kind'}, WORDS[each.kind]), h('span', {class: 'mono'}, each.name))),
      answer.count > answer.found.length || !answer.count
        ? h('li', {class: 'more', role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false'},
          answer.count ? `and ${many(answer.count - answer.found.length, 'more')}` : 'nothing has it in the name')
        : null);
      list.querySelector('.more')?.removeAttribute('data-kind');
      list.hidden = false;
      field.setAttribute('aria-expanded', 'true');
      chosen = -1;
    } catch (error) {
      if (error.name !== 'AbortError') close();
    }
  }

  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
  field.addEventListener('blur', close);
  field.addEventListener('keydown', event => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      choose(chosen + (event.key === 'ArrowDown' ? 1 : chosen < 0 ? 0 : -1));
    } else if (event.key === 'Escape') {
      close();
    }
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    const option = options()[chosen];
    if (option?.dataset.kind) return take(option);
    const text = field.value.trim();
    if (text) {
      close();
      field.value = '';
      go(text.includes('/') ? 'pod' : /^[0-9.]+$|:/.test(text) ? 'ip' : 'egressip', text);
    }
  });
}
