/** Map: egress nodes and the addresses they hold; what would become of them if a node were lost. */
import {ask} from './ask.js';
import {h, many, paged, pill, reduced, show, trouble} from './dom.js';
import {byNode, model, objectName, onChange, pods, sentence} from './model.js';

const MOST_NODES = 60;
const MOST_CHIPS = 240;
const MOST_FLIGHTS = 12;

export function mapView(view, [chosenNode]) {
  let wanted = '';
  let loss = null;
  let nodesShown = MOST_NODES;
  const title = h('h1', {}, 'Where the addresses are');
  const lead = h('p', {class: 'lead'});
  const filter = h('input', {type: 'text', id: 'filter', placeholder: 'address, object or node', oninput: () => {
    wanted = filter.value.trim().toLowerCase();
    draw();
  }});
  const lane = h('div');
  const nodes = h('ul', {class: 'nodes', 'aria-label': 'Egress nodes'});
  const more = h('div', {class: 'paged'});
  const moves = h('section', {class: 'moves', 'aria-label': 'Latest moves'});
  const aside = h('aside', {class: 'card', 'aria-label': 'What if', hidden: true});
  const grid = h('div', {class: `map ${chosenNode ? 'chosen' : ''}`}, h('div', {}, lane, nodes, more, moves), aside);
  show(view, h('div', {class: 'titled'}, h('div', {}, title, lead),
    h('div', {class: 'filter'}, h('label', {class: 'hidden', for: 'filter'}, 'Show only addresses, objects or nodes with'), filter)), grid);

  function draw() {
    const lists = byNode();
    lead.textContent = model.nothingYet ? `Nothing can be said yet: ${model.nothingYet}.` : model.known
      ? `${many(model.addresses.size, 'address', 'addresses')} of ${many(new Set([...model.addresses.values()].map(objectName)).size, 'object')}`
        + ` on ${many(model.nodes.size, 'egress node')}.`
      : 'Asking the controller.';
    const without = (lists.get('') ?? []).filter(fits);
    lists.delete('');
    show(lane, without.length ? unassigned(without) : null);
    const most = Math.max(1, ...[...lists.values()].map(pods));
    const shown = [...lists].filter(([name, list]) => !wanted || name.toLowerCase().includes(wanted) || list.some(fits));
    const chips = Math.max(2, Math.min(12, Math.floor(MOST_CHIPS / Math.max(1, Math.min(shown.length, nodesShown)))));
    show(nodes, shown.slice(0, nodesShown).map(([name, list]) => card(name, list, most, chips)));
    show(more, shown.length > nodesShown ? h('button', {type: 'button', class: 'quiet', onclick: () => {
      nodesShown += MOST_NODES;
      draw();
    }}, many(shown.length - nodesShown, 'more node')) : null);
    if (model.known && !model.nothingYet && !shown.length && !without.length) {
      show(nodes, h('li', {class: 'empty'}, wanted ? `Nothing has “${wanted}” in its name.`
        : 'No node is an egress node: label some with k8s.ovn.org/egress-assignable.'));
    }
    show(moves, model.moves.length ? [h('h2', {}, 'Latest moves'), h('ol', {}, model.moves.slice(0, 8).map(move => h('li', {},
      h('time', {class: 'soft', datetime: move.time.toISOString()}, move.time.toLocaleTimeString('en-GB')), h('span', {}, sentence(move)),
      h('span', {class: 'soft'}, many(move.pods, 'pod')))))] : null);
  }

  const fits = each => !wanted || each.address.toLowerCase().includes(wanted) || objectName(each).toLowerCase().includes(wanted)
    || (each.node ?? '').toLowerCase().includes(wanted);

  function chip(each) {
    const leaves = loss && each.node && loss.lose.includes(each.node);
    return h('a', {class: `chip ${each.pending ? 'pending' : ''} ${leaves ? 'leaves' : ''}`, href: `#/pod/ip:${each.address}`, 'data-address': each.address,
      title: `${objectName(each)}: ${many(each.pods, 'pod')} of ${many(each.namespaces, 'namespace')}${each.pending ? ', rows on their way' : ''}`},
    each.address, h('span', {}, each.pods.toLocaleString('en'), h('span', {class: 'hidden'}, ' pods')));
  }

  function card(name, list, most, chips) {
    const node = model.nodes.get(name) ?? {name};
    const shown = list.filter(fits);
    const gets = loss?.moved.filter(each => each.to === name) ?? [];
    const share = h('i');
    share.style.width = `${100 * pods(list) / most}%`;
    return h('li', {class: `card node ${name === chosenNode ? 'chosen' : ''} ${node.reason ? 'down' : ''}`, 'data-node': name},
      h('div', {class: 'top'},
        h('h2', {}, h('button', {type: 'button', 'aria-pressed': String(name === chosenNode), 'aria-label': `${name}: what if it is lost?`,
          onclick: () => { location.hash = name === chosenNode ? '#/map' : `#/map/${encodeURIComponent(name)}`; }}, name)),
        node.reason ? pill(node.reason.code, 'bad') : pill('available', 'good')),
      h('div', {class: 'figures'},
        figure(list.length, 'address', 'addresses'), figure(pods(list), 'pod', 'pods'),
        figure(new Set(list.map(each => each.object)).size, 'object', 'objects')),
      h('div', {class: 'share', 'aria-hidden': 'true'}, share),
      gets.length ? h('p', {class: 'pill warn gets'}, `would get ${gets.length.toLocaleString('en')} more`) : null,
      h('div', {class: 'chips'}, shown.slice(0, chips).map(chip),
        shown.length > chips ? h('span', {class: 'chip'}, `+${(shown.length - chips).toLocaleString('en')}`) : null,
        list.length ? null : h('span', {class: 'soft'}, 'no address')));
  }

  const figure = (count, word, words) => h('p', {}, h('b', {}, count.toLocaleString('en')), count === 1 ? word : words);

  function unassigned(list) {
    const groups = Map.groupBy(list, each => each.reason?.code ?? 'Unknown');
    return h('section', {class: 'card lane', 'aria-label': 'Without a node'},
      h('h2', {}, `${many(list.length, 'address', 'addresses')} without a node`),
      [...groups].map(([code, some]) => h('div', {class: 'group'}, pill(`${code} ${some.length.toLocaleString('en')}`, 'bad'),
        h('p', {}, some[0].reason?.message ?? 'not decided yet', some.length > 1 ? ' (the first of them)' : ''),
        h('div', {class: 'chips'}, some.slice(0, 24).map(chip),
          some.length > 24 ? h('span', {class: 'chip'}, `+${(some.length - 24).toLocaleString('en')}`) : null))));
  }

  /** Before and after: what has moved is seen to fly from one node to the other. */
  function redraw(happened) {
    const placeOf = address => [...view.querySelectorAll('.chip[data-address]')].find(chip1 => chip1.dataset.address === address);
    const cardOf = name => [...nodes.children].find(card1 => card1.dataset.node === name);
    const from = happened.slice(0, MOST_FLIGHTS).map(move => (placeOf(move.address) ?? cardOf(move.from) ?? lane).getBoundingClientRect());
    draw();
    if (chosenNode) whatIf();
    happened.slice(0, MOST_FLIGHTS).forEach((move, i) => {
      const to = placeOf(move.address);
      to?.classList.add('arrived');
      const there = (to ?? cardOf(move.to) ?? lane).getBoundingClientRect();
      if (reduced() || !from[i].width) return;
      const flying = h('span', {class: 'chip flying', 'aria-hidden': 'true'}, move.address);
      document.body.append(flying);
      flying.animate([{left: `${from[i].left}px`, top: `${from[i].top}px`, opacity: 1}, {left: `${there.left}px`, top: `${there.top}px`, opacity: .9}],
        {duration: 900, easing: 'cubic-bezier(.3, 0, .2, 1)'}).finished.finally(() => flying.remove());
    });
  }

  const close = () => h('button', {type: 'button', class: 'quiet close', onclick: () => { location.hash = '#/map'; }}, 'Close');

  let asked = new AbortController();
  async function whatIf() {
    asked.abort();
    asked = new AbortController();
    if (model.known && !model.nodes.has(chosenNode)) {
      loss = null;
      draw();
      show(aside, close(), h('h2', {}, chosenNode), h('p', {class: 'answer'}, 'is no egress node: nothing moves if it is lost.'));
      aside.hidden = false;
      return;
    }
    try {
      loss = await ask(`whatif?lose=${encodeURIComponent(chosenNode)}`, asked.signal);
    } catch (error) {
      if (error.name !== 'AbortError') {
        show(aside, trouble(error));
        aside.hidden = false;
      }
      return;
    }
    draw();
    const places = [...Map.groupBy(loss.moved, each => each.to)].sort((one, other) => other[1].length - one[1].length);
    const here = byNode().get(chosenNode) ?? [];
    const node = model.nodes.get(chosenNode);
    show(aside,
      close(),
      h('h2', {}, chosenNode),
      h('p', {class: 'soft'}, node?.reason ? node.reason.message : `${many(here.length, 'address', 'addresses')}, ${many(pods(here), 'pod')}`),
      h('section', {'aria-label': 'If it is lost'}, h('h3', {}, 'What if it is lost?'), h('p', {class: 'answer'}, loss.answer),
        h('ul', {class: 'goes'}, places.slice(0, 20).map(([name, some]) => h('li', {}, h('span', {}, `to ${name}`),
          h('span', {}, `${many(some.length, 'address', 'addresses')}, ${many(pods(some), 'pod')}`))),
        places.length > 20 ? h('li', {}, `and to ${places.length - 20} more nodes`) : null,
        loss.unplaced.length ? h('li', {class: 'none'}, h('span', {}, 'to no node'),
          h('span', {}, `${many(loss.unplaced.length, 'address', 'addresses')}, ${many(loss.pods, 'pod')}`)) : null),
        loss.unplaced.length ? paged(loss.unplaced, each => h('li', {}, h('code', {}, each.address), h('span', {class: 'soft'}, each.reason?.message ?? '')), 5) : null),
      h('section', {'aria-label': 'Its addresses'}, h('h3', {}, 'Its addresses'), here.length
        ? paged(here, each => h('li', {}, h('a', {class: 'mono', href: `#/pod/ip:${each.address}`}, each.address),
          h('span', {class: 'soft'}, `${objectName(each)}, ${many(each.pods, 'pod')} of ${many(each.namespaces, 'namespace')}`)))
        : h('p', {class: 'soft'}, 'It has none.')));
    aside.hidden = false;
  }

  draw();
  if (chosenNode) whatIf();
  const stop = onChange('map', redraw);
  return () => {
    stop();
    asked.abort();
  };
}
