/** Where addresses are, as told so far; whoever draws it is called when that changes. */

export const model = {
  known: false, leader: false, answer: '', nothingYet: null,
  nodes: new Map(), addresses: new Map(), moves: [], pace: {moments: 0, slices: []},
};

const listeners = new Map([['map', new Set()], ['pace', new Set()]]);
const key = each => `${each.object} ${each.address}`;

/** Returns how not to be called any more. */
export function onChange(kind, listener) {
  listeners.get(kind).add(listener);
  return () => listeners.get(kind).delete(listener);
}

export function take(kind, event) {
  const moves = kind === 'map' ? takeMap(event) : [];
  if (kind === 'pace') model.pace = event;
  listeners.get(kind).forEach(listener => listener(moves));
  return moves;
}

function takeMap(event) {
  const before = model.known && model.addresses;
  if (event.whole) {
    model.nodes = new Map();
    model.addresses = new Map();
  } else {
    model.addresses = new Map(model.addresses);
  }
  event.goneNodes?.forEach(node => model.nodes.delete(node.name));
  event.gone?.forEach(each => model.addresses.delete(key(each)));
  event.nodes.forEach(node => model.nodes.set(node.name, node));
  event.addresses.forEach(each => model.addresses.set(key(each), each));
  Object.assign(model, {known: true, leader: event.leader, answer: event.answer, nothingYet: event.nothingYet ?? null});
  const moves = [];
  if (before && !model.nothingYet) {
    for (const each of event.addresses) {
      const was = before.get(key(each));
      if (was && was.node !== each.node) moves.push({...each, from: was.node, to: each.node, time: new Date()});
    }
  }
  model.moves = [...moves.toReversed(), ...model.moves].slice(0, 50);
  return moves;
}

/** By the names of nodes their addresses, those of most pods first; under '' those that have none. */
export function byNode() {
  const lists = new Map([...model.nodes.keys()].map(name => [name, []]));
  for (const each of model.addresses.values()) {
    const node = each.node ?? '';
    if (!lists.has(node)) lists.set(node, []);
    lists.get(node).push(each);
  }
  lists.forEach(list => list.sort((one, other) => other.pods - one.pods || one.address.localeCompare(other.address, 'en', {numeric: true})));
  return lists;
}

export const pods = list => list.reduce((sum, each) => sum + each.pods, 0);
export const objectName = each => each.object.slice(each.object.indexOf('/') + 1);
export const sentence = move => move.to && move.from ? `${move.address} moved from ${move.from} to ${move.to}`
  : move.to ? `${move.address} is on ${move.to}` : `${move.address} has no node any more, it was on ${move.from}`;
