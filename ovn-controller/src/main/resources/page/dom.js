/** Elements, and what is said to people who hear the page. */

/** h('a', {class: 'chip', href: '#/map'}, 'text', child): properties that begin with "on" are listeners; what is null is left out. */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export function show(element, ...children) {
  element.replaceChildren(...children.flat(2).filter(Boolean));
}

export function many(count, word, words = word + 's') {
  return `${count.toLocaleString('en')} ${count === 1 ? word : words}`;
}

export function pill(text, kind = '') {
  return h('span', {class: `pill ${kind}`}, text);
}

/** For those who cannot see that something has moved. */
export function announce(text) {
  document.getElementById('announced').textContent = text;
}

export function trouble(error) {
  return h('div', {class: 'card trouble', role: 'alert'}, h('p', {}, error.message),
    error.nearest?.length ? h('p', {class: 'soft'}, 'Is it ', error.nearest.map((name, i) => [i ? ', ' : '', h('code', {}, name)]), '?') : null);
}

/** So many of a list, and a button for more: no list puts thousands of elements into the page. */
export function paged(items, each, size = 25) {
  const list = h('ul', {class: 'list'});
  const foot = h('div', {class: 'paged'});
  let shown = 0;
  const more = () => {
    list.append(...items.slice(shown, shown + size).map(each));
    shown = Math.min(items.length, shown + size);
    show(foot, shown < items.length
      ? [h('button', {type: 'button', class: 'quiet', onclick: more}, `${Math.min(size, items.length - shown)} more`),
        h('span', {}, `${shown} of ${items.length.toLocaleString('en')}`)]
      : null);
  };
  more();
  return [list, foot];
}

export const reduced = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
