/** Timeline: what was decided, repaired and refused, and how fast it was written. */
import {again, ask} from './ask.js';
import {h, many, paged, pill, show, svg, trouble} from './dom.js';
import {onChange} from './model.js';

const RANGES = {'15m': 900, '1h': 3600, '6h': 21600};
const COLUMNS = 90;
const KINDS = ['moves', 'nodes', 'repairs', 'refusals', 'other'];
let range = '1h';
const hidden = new Set();

export function timelineView(view) {
  const asked = new AbortController();
  let moments = [];
  const select = h('select', {id: 'range', onchange: () => { range = select.value; load(); }},
    Object.keys(RANGES).map(name => h('option', {value: name, selected: name === range}, `last ${name}`)));
  const lead = h('p', {class: 'lead'});
  const chart = h('div', {class: 'card'});
  const choices = h('div', {class: 'choices', role: 'group', 'aria-label': 'What is shown'});
  const list = h('div');
  show(view, h('div', {class: 'titled'}, h('div', {}, h('h1', {}, 'What has happened'), lead),
    h('div', {}, h('label', {class: 'hidden', for: 'range'}, 'How far back'), select)), chart, choices, list);

  const load = again(async () => {
    try {
      const [pace, history] = await Promise.all([ask(`pace?since=${range}`, asked.signal),
        ask(`history/?only=decision,repair,refusal&limit=1000&since=${range}`, asked.signal)]);
      lead.textContent = pace.answer + '.' + (history.completeSince ? ` Known since ${clock(history.completeSince)}.` : '');
      show(chart, drawn(pace));
      moments = history.entries.toReversed();
      list1();
    } catch (error) {
      if (error.name !== 'AbortError') show(list, trouble(error));
    }
  });

  function list1() {
    const counts = Map.groupBy(moments, kindOf);
    show(choices, KINDS.map(kind => h('button', {type: 'button', class: 'quiet', 'aria-pressed': String(!hidden.has(kind)), onclick: () => {
      if (!hidden.delete(kind)) hidden.add(kind);
      list1();
      choices.children[KINDS.indexOf(kind)].focus();
    }}, `${kind} ${(counts.get(kind)?.length ?? 0).toLocaleString('en')}`)));
    const shown = moments.filter(each => !hidden.has(kindOf(each)));
    const [items, foot] = paged(shown, moment, 100);
    items.className = 'moments';
    show(list, shown.length ? [items, foot] : h('p', {class: 'empty'}, 'Nothing of this has happened in that time.'));
  }

  load();
  const stop = onChange('pace', load);
  const turn = setInterval(load, 30000);
  return () => {
    stop();
    clearInterval(turn);
    asked.abort();
  };
}

function kindOf(entry) {
  if (entry.kind === 'rows') return entry.outcome === 'committed' ? 'repairs' : 'refusals';
  if (/refused/.test(entry.message)) return 'refusals';
  if (/^egress node/.test(entry.message)) return 'nodes';
  return /^egress IP|^EgressIP/.test(entry.message) ? 'moves' : 'other';
}

const COLOURS = {repairs: 'warn', refusals: 'bad'};
const bad = entry => /unassigned|not available|lacks a router|lost/.test(entry.message ?? '');

function moment(entry) {
  const kind = kindOf(entry);
  const rows = entry.kind === 'rows';
  return h('li', {}, h('time', {datetime: entry.time}, clock(entry.time)), h('span', {}, pill(kind, COLOURS[kind] ?? (bad(entry) ? 'bad' : 'good'))),
    h('div', {}, rows
      ? [h('p', {}, kind === 'repairs' ? `repaired ${entry.owner}` : `${entry.outcome}: ${entry.owner}`),
        h('p', {class: 'soft'}, entry.error ?? entry.cause?.message ?? '')]
      : [h('p', {}, entry.message), h('p', {class: 'facts'}, Object.entries(entry.facts ?? {}).map(([name, value]) => h('span', {}, `${name} `, h('b', {}, value))))]));
}

const clock = time => new Date(time).toLocaleTimeString('en-GB');

/** Columns of commits, and over them how long the slowest answer took. */
function drawn(pace) {
  const seconds = RANGES[range];
  const end = Date.parse(pace.now) / 1000;
  const width = Math.max(pace.slice, seconds / COLUMNS);
  const columns = Array.from({length: Math.ceil(seconds / width)}, () => ({commits: 0, failed: 0, after: 0}));
  for (const slice of pace.slices) {
    const column = columns[Math.min(columns.length - 1, Math.max(0, Math.floor((Date.parse(slice.time) / 1000 - end + seconds) / width)))];
    column.commits += slice.commits;
    column.failed += slice.failed;
    column.after = Math.max(column.after, slice.afterEvent);
  }
  const rates = columns.map(column => (column.commits + column.failed) / width);
  const highest = Math.max(...rates, 0.01);
  const slowest = Math.max(...columns.map(column => column.after), 0.001);
  const total = pace.slices.reduce((sum, slice) => sum + slice.commits, 0);
  const points = columns.map((column, i) => [column.after, `${i + .5} ${95 - 85 * column.after / slowest}`]);
  const line = points.map(([after, point], i) => after ? `${points[i - 1]?.[0] ? 'L' : 'M'}${point}` : '').join('');
  const dots = points.filter(([after]) => after).map(([, point]) => `M${point}h.01`).join('');
  return [h('div', {class: 'legend'}, h('span', {}, `commits per second, at most ${highest < 1 ? highest.toPrecision(2) : Math.round(highest)}`),
    h('span', {class: 'time'}, `from event to commit, at most ${Math.round(slowest * 1000)} ms`), h('span', {class: 'failed'}, 'not committed')),
  svg('svg', {class: 'chart', viewBox: `0 0 ${columns.length} 100`, preserveAspectRatio: 'none', role: 'img',
    'aria-label': `${many(total, 'transaction')} in the last ${range}, at most ${Math.round(slowest * 1000)} milliseconds from event to commit`},
  svg('line', {x1: 0, x2: columns.length, y1: 99.5, y2: 99.5}),
  columns.flatMap((column, i) => {
    const high = 90 * rates[i] / highest;
    const red = column.failed ? high * column.failed / (column.commits + column.failed) : 0;
    return [high ? svg('rect', {x: i + .1, width: .8, y: 99 - high, height: high}) : null,
      red ? svg('rect', {class: 'failed', x: i + .1, width: .8, y: 99 - red, height: red}) : null];
  }),
  line ? svg('path', {d: line}) : null, dots ? svg('path', {class: 'dots', d: dots}) : null),
  h('div', {class: 'axis'}, h('span', {}, `${range} ago`), h('span', {}, 'now'))];
}
