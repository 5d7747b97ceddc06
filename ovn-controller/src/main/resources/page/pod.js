/** Pod: why something leaves as it does, as the way of a packet. */
import {again, ask, path} from './ask.js';
import {h, paged, pill, show, trouble} from './dom.js';
import {onChange} from './model.js';

const STATES = {Present: 'good', Later: 'warn', Kept: 'warn', Foreign: 'warn', Missing: 'bad', Different: 'bad', Unwanted: 'bad'};
const WORDS = {Present: 'in the database', Later: 'comes in a later step', Kept: 'stays until a later step', Foreign: 'somebody else’s',
  Missing: 'missing', Different: 'not as it is to be', Unwanted: 'to be removed'};
const KINDS = ['ip', 'egressip', 'node', 'egressrouter', 'egressfirewall', 'egressnetworkpolicy', 'egressadminpolicy', 'egressippool'];
const ON_THE_WAY = ['Pending', 'BeingWritten', 'InStep'];

export function podView(view, words, how) {
  const asked = new AbortController();
  const field = h('input', {type: 'text', id: 'what', placeholder: 'namespace/pod or an address', spellcheck: 'false', autocapitalize: 'off'});
  const to = h('input', {type: 'text', id: 'to', placeholder: 'to anywhere, or IP:PORT/tcp', spellcheck: 'false', autocapitalize: 'off', value: how.get('to') ?? ''});
  const answer = h('div', {'aria-live': 'polite', 'aria-busy': 'false'});
  const form = h('form', {class: 'ask', onsubmit: event => {
    event.preventDefault();
    const text = field.value.trim();
    const destination = to.value.trim();
    if (text) location.hash = `#/pod/${text.includes('/') ? text.split('/').map(encodeURIComponent).join('/') + (destination ? `?to=${encodeURIComponent(destination)}` : '') : `ip:${encodeURIComponent(text)}`}`;
  }}, h('label', {for: 'what'}, h('span', {class: 'hidden'}, 'A pod as namespace/pod, or an address'), field),
  h('label', {for: 'to'}, h('span', {class: 'hidden'}, 'Only what it sends there: IP, IP:PORT or IP:PORT/PROTOCOL'), to), h('button', {type: 'submit'}, 'Explain'));
  show(view, h('div', {class: 'titled'}, h('h1', {}, 'Why does it leave as it does?'), form), answer);

  const text = words.join('/');
  if (!text) {
    show(answer, h('p', {class: 'empty'}, 'Type a pod as namespace/pod, an egress IP or a pod’s address. The search above finds names.'));
    return () => {};
  }
  const colon = words.length === 1 ? text.indexOf(':') : -1;
  const [kind, name] = colon > 0 && KINDS.includes(text.slice(0, colon)) ? [text.slice(0, colon), text.slice(colon + 1)] : ['pod', text];
  field.value = name;

  const question = path(kind, name) + (kind === 'pod' && how.get('to') ? `?to=${encodeURIComponent(how.get('to'))}` : '');
  const explain = again(async () => {
    answer.setAttribute('aria-busy', 'true');
    try {
      const open = [...answer.querySelectorAll('details')].map(each => each.open);
      show(answer, drawn(await ask(question, asked.signal)));
      answer.querySelectorAll('details').forEach((each, i) => { each.open = open[i] ?? false; });
    } catch (error) {
      if (error.name !== 'AbortError') show(answer, trouble(error));
    }
    answer.setAttribute('aria-busy', 'false');
  });
  explain();
  const stops = [onChange('map', explain), onChange('pace', explain)];
  return () => {
    stops.forEach(stop => stop());
    asked.abort();
  };
}

function drawn(explanation) {
  return h('article', {class: 'card'},
    h('h2', {}, h('span', {class: 'soft'}, `${explanation.kind} `), h('span', {class: 'mono'}, explanation.name)),
    h('p', {class: 'answer'}, explanation.answer),
    explanation.leader ? null : h('p', {}, pill('this controller stands by: it says what it would decide', 'warn')),
    facts(explanation.facts), reasons(explanation.reasons), rows(explanation.rows, 'Rows'), parts(explanation));
}

function parts(explanation) {
  const all = explanation.parts ?? [];
  const ways = all.filter(part => part.now);
  const others = all.filter(part => !part.now);
  return [...ways.map(part => way(part, explanation)), others.length > 3
    ? paged(others, part => h('li', {}, h('code', {}, part.name), h('span', {class: 'soft'}, part.answer)))
    : others.map(part => h('section', {class: 'part', 'aria-label': part.name}, h('h3', {}, part.name), h('p', {}, part.answer), facts(part.facts),
      reasons(part.reasons), rows(part.rows, 'Rows')))];
}

function way(part, pod) {
  const used = new Set();
  const settled = !part.reasons.some(reason => ON_THE_WAY.includes(reason.code));
  const colour = row => row.state === 'Present' || settled ? STATES[row.state] : 'warn';
  const worst = some => some.map(colour).toSorted((one, other) => 'bad warn good'.indexOf(one) - 'bad warn good'.indexOf(other))[0];
  const pick = table => (part.rows ?? []).filter(row => row.table === table && !used.has(row) && used.add(row));
  const policies = pick('Logical_Router_Policy');
  const snats = pick('NAT');
  const exits = part.now.exits;
  const agrees = JSON.stringify(part.now) === JSON.stringify(part.wanted);
  const out = part.now.outcome === 'EgressAddress' ? 'good' : part.now.outcome === 'NodeAddress' && agrees ? 'warn' : 'bad';
  const joins = [...new Set(policies.filter(row => row.columns.action === 'reroute').flatMap(row => (row.columns.nexthops ?? row.columns.nexthop ?? '').split(/[ ,]+/)))].filter(Boolean);
  const routed = part.reasons.find(reason => reason.code === 'Routed');
  const node = pod.facts?.node ?? '';
  const ruled = part.reasons.find(reason => RULED[reason.code]);
  const decides = part.reasons.find(reason => ['Decides', 'Undecided', 'VirtualIp', 'ServiceAddress'].includes(reason.code));
  const stations = [
    station('Pod', pod.kind === 'pod' ? pod.name : part.name, pod.kind === 'pod' ? `${part.name} on ${node}` : '', 'good'),
    ruled ? station('Firewall', {Allowed: 'allowed', Denied: 'denied'}[ruled.code] ?? 'not known', ruled.message, RULED[ruled.code]) : null,
    decides ? station('Policy', 'by destination', decides.message, out) : station('Policy', policies.map(row => `${row.columns.priority} ${row.columns.action}`).join(', ') || (routed ? 'of all its namespace' : 'none'),
      policies.length ? 'ovn_cluster_router decides by it' : routed ? routed.message : 'no policy of ours sends it elsewhere', policies.length ? worst(policies) : routed ? 'good' : out, policies),
    part.now.outcome === 'Dropped' ? null : station('Join address', joins.join(', ') || 'its own node’s', joins.length ? 'where the policy sends it' : 'as OVN does it without us', joins.length ? worst(policies) : out),
    part.now.outcome === 'Dropped' ? null : station(routed ? 'Own router' : 'Gateway router', [...new Set(exits.map(exit => routed ? `on ${exit.node}` : `GR_${exit.node}`))].join(', ') || 'none',
      part.now.droppedOn?.length ? `dropped on ${part.now.droppedOn.join(', ')}` : 'the packet leaves the cluster there', part.now.droppedOn?.length ? 'bad' : out),
    part.now.outcome === 'Dropped' ? null : station('SNAT', snats.map(row => row.columns.external_ip).join(', ') || (routed ? 'the router’s own' : 'the node’s'),
      snats.length ? `of ${snats[0].columns.logical_ip}` : routed ? 'one for each cluster subnet' : 'the SNAT of all its pods', snats.length ? worst(snats) : out, snats),
    station('Outside', part.now.outcome === 'Dropped' ? 'dropped' : exits.map(exit => exit.source ?? 'its node’s address').join(' or ') || 'not known',
      agrees ? 'seen by who is outside' : 'not yet what is decided', agrees ? out : 'warn'),
  ];
  const rest = (part.rows ?? []).filter(row => !used.has(row));
  return h('section', {class: 'part', 'aria-label': `The way of ${part.name}`}, h('h3', {}, h('span', {class: 'mono'}, part.name)), h('p', {}, part.answer),
    h('ol', {class: 'way'}, stations), facts(part.facts), reasons(part.reasons), rows(rest, 'Other rows that take part'));
}

/** What a rule of a firewall does, and how that looks. */
const RULED = {Allowed: 'good', Denied: 'bad', NotToldByFirewall: 'warn'};

function station(title, value, says, kind, some = []) {
  const standing = {good: 'right', warn: 'look', bad: 'wrong'}[kind];
  return h('li', {class: `station ${kind}`}, h('h3', {}, title, h('span', {class: `pill ${kind}`}, standing)), h('p', {class: 'value'}, value),
    says ? h('p', {class: 'says'}, says) : null, rows(some, some.length === 1 ? 'Its row' : 'Its rows'));
}

function rows(some, title) {
  if (!some?.length) return null;
  return h('details', {}, h('summary', {}, `${title} (${some.length})`), some.slice(0, 30).map(rowOf));
}

/** A row of the database, and what shows it. */
export function rowOf(row) {
  return h('div', {class: 'row'},
    h('p', {}, h('b', {}, row.table), ' ', pill(WORDS[row.state] ?? row.state, STATES[row.state])),
    h('dl', {}, row.places.length ? [h('dt', {}, 'on'), h('dd', {}, row.places.join(', '))] : null,
      Object.entries(row.columns).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
    row.differences?.length ? h('p', {}, row.differences.join('; ')) : null,
    h('p', {}, h('code', {}, row.command)));
}

function facts(some) {
  return some && Object.keys(some).length
    ? h('p', {class: 'facts'}, Object.entries(some).map(([name, value]) => h('span', {}, `${name} `, h('b', {}, value)))) : null;
}

function reasons(some) {
  return some?.length ? h('ol', {class: 'reasons'}, some.map(reason => h('li', {}, h('span', {}, h('b', {}, reason.code), reason.message)))) : null;
}
