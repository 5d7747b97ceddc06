/** Questions to the controller: the same that the command line asks. */

export class Refused extends Error {
  constructor(message, nearest) {
    super(message);
    this.nearest = nearest ?? [];
  }
}

export async function ask(question, signal) {
  let reply;
  try {
    reply = await fetch('api/v1/' + question, {signal, headers: {Accept: 'application/json'}});
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refused('The controller does not answer. It is asked again when it does.');
  }
  const body = await reply.text();
  let answer;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new Refused(body.trim() || `HTTP ${reply.status}`);
  }
  if (!reply.ok) throw new Refused(answer.error, answer.nearest);
  return answer;
}

/** What loads once more when it has ended, if somebody has asked meanwhile: however often that is, each load comes to its end. */
export function again(load) {
  let going = false;
  let asked = false;
  return async () => {
    asked = true;
    if (going) return;
    going = true;
    while (asked) {
      asked = false;
      await load();
    }
    going = false;
  };
}

/** Listens for ever: a stream ends now and then, and the browser opens the next one where it has not been refused. */
export function listen(told, lost) {
  let events;
  const open = () => {
    events = new EventSource('api/v1/events');
    for (const kind of ['map', 'pace']) {
      events.addEventListener(kind, event => told(kind, JSON.parse(event.data)));
    }
    events.onerror = () => {
      if (events.readyState === EventSource.CLOSED) {
        lost();
        setTimeout(open, 3000);
      }
    };
  };
  open();
}

export const path = (kind, name) => `explain/${kind}/${name.split('/').map(encodeURIComponent).join('/')}`;
