/** The page: which view is shown, whether the controller leads, light or dark. */
import {ask, listen} from './ask.js';
import {announce, h, show} from './dom.js';
import {model, onChange, sentence, take} from './model.js';
import {searching} from './search.js';
import {mapView} from './map.js';
import {podView} from './pod.js';
import {timelineView} from './timeline.js';
import {auditView} from './audit.js';

const VIEWS = {map: mapView, pod: podView, timeline: timelineView, audit: auditView};
const TITLES = {map: 'Map', pod: 'Pod', timeline: 'Timeline', audit: 'Audit'};
const main = document.getElementById('main');
let end = () => {};
let current = '';

/** Whoever types an address leaves what is to be encoded as it is. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** #/VIEW/words of what is looked at, ?parameters of how; a view says how it is left. */
function route() {
  const [where, how] = location.hash.replace(/^#\//, '').split(/\?(.*)/);
  const [view, ...words] = where.split('/').map(decoded);
  const name = Object.hasOwn(VIEWS, view) ? view : 'map';
  end();
  document.title = `${TITLES[name]} – ovn-egress`;
  document.querySelectorAll('nav a').forEach(link => {
    if (link.hash === `#/${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  });
  const view1 = h('div', {class: `view ${name}-view`});
  show(main, view1);
  end = VIEWS[name](view1, words, new URLSearchParams(how)) ?? (() => {});
  if (current && current !== name) main.focus({preventScroll: true});
  current = name;
}

const standing = document.getElementById('standing');
function stand(text, kind) {
  standing.textContent = text;
  standing.className = `standing ${kind}`;
}

async function lookWhetherReady() {
  if (model.nothingYet) return stand(`nothing is known yet: ${model.nothingYet}`, 'warn');
  try {
    const status = await ask('status');
    const mode = status.reportOnly ? 'reports only' : status.leader ? 'leads' : 'stands by: what it would decide';
    stand(`${status.answer}, ${mode}`, status.answer !== 'ready' ? 'bad' : status.leader ? 'good' : 'warn');
    standing.title = status.conditions.map(each => `${each.name}: ${each.message}`).join('\n');
  } catch (error) {
    stand('no answer', 'bad');
  }
}

const THEMES = ['auto', 'light', 'dark'];
const button = document.getElementById('theme');
function theme(name) {
  if (name === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  button.textContent = `◐ ${name}`;
  button.setAttribute('aria-label', `Theme: ${name}`);
  localStorage.setItem('theme', name);
}
theme(THEMES.includes(localStorage.getItem('theme')) ? localStorage.getItem('theme') : 'auto');
button.addEventListener('click', () => theme(THEMES[(THEMES.indexOf(localStorage.getItem('theme')) + 1) % THEMES.length]));

searching((kind, name) => {
  location.hash = kind === 'node' ? `#/map/${encodeURIComponent(name)}`
    : `#/pod/${kind === 'pod' ? name.split('/').map(encodeURIComponent).join('/') : `${kind}:${encodeURIComponent(name)}`}`;
});
onChange('map', moves => {
  lookWhetherReady();
  if (moves.length) announce(moves.slice(0, 5).map(sentence).join('; ') + (moves.length > 5 ? `; and ${moves.length - 5} more` : ''));
});
listen(take, () => stand('no connection', 'bad'));
setInterval(lookWhetherReady, 15000);
addEventListener('hashchange', route);
route();
