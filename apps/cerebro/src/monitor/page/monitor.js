/* global document, EventSource, location, addEventListener */
/** Types of history rows; an EventSource hears only what it is told to. */
const TYPES = [
  ...['task.queued', 'task.started', 'task.completed', 'task.error', 'task.invoked', 'task.published'],
  ...['task.waiting', 'task.expanded', 'task.blocked', 'task.skipped', 'task.cancelled'],
  ...['run.created', 'run.finished', 'run.cancel.requested', 'run.retry.requested'],
].map((name) => `cordyna.${name}.v1`);
const MAX_HISTORY_ROWS = 1_000;
const REFRESH_MS = 300;
const SERVERS_MS = 3_000;

const byId = (id) => document.getElementById(id);
const td = (content, className = '') => {
  const cell = document.createElement('td');
  cell.append(content ?? '');
  cell.className = className;
  return cell;
};
const state = (name) => td(name ?? 'never ran', name ? `state ${name}` : 'empty');
const time = (at) => {
  const element = document.createElement('time');
  element.dateTime = at ?? '';
  element.append(at ? new Date(at).toLocaleTimeString() : '');
  return td(element);
};
const row = (...cells) => {
  const line = document.createElement('tr');
  line.append(...cells);
  return line;
};
const headOf = (names) =>
  row(
    ...names.map((name) => {
      const cell = document.createElement('th');
      cell.append(name);
      return cell;
    }),
  );
function fill(id, heads, rows) {
  byId(id).replaceChildren(headOf(heads), ...(rows.length > 0 ? rows : [row(td('none yet', 'empty'))]));
}

async function get(path) {
  const response = await fetch(`/api/v1/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** At most one load at a time and one waiting, however many events ask for it. */
function refresher(load) {
  let asked = false;
  let busy = false;
  return async function refresh() {
    asked = true;
    if (busy) return;
    busy = true;
    while (asked) {
      asked = false;
      await load().catch((error) => say(error.message));
      await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
    }
    busy = false;
  };
}
const say = (text) => byId('connection').replaceChildren(text);

const servers = refresher(async () => {
  const cells = (await get('servers')).map(({ server, state: now, version, instances, tasks }) =>
    row(td(server), state(now), td(version), td(String(instances.length)), td(String(tasks.length))),
  );
  fill('servers', ['server', 'state', 'version', 'instances', 'tasks'], cells);
});

const overview = refresher(async () => {
  const [graph, runs] = await Promise.all([get('graph'), get('runs?limit=50')]);
  const upstream = new Map(graph.nodes.map(({ task }) => [task, []]));
  for (const { from, to } of graph.edges) upstream.get(to)?.push(from);
  const tasks = graph.nodes.map(({ task, declared, lastState }) =>
    row(
      td(task),
      declared ? state(lastState) : td('not declared', 'empty'),
      td(upstream.get(task).join(', ')),
    ),
  );
  fill('graph', ['task', 'last state', 'depends on'], tasks);
  const lines = runs.items.map(({ run, task, job, state: now, trigger, createdAt }) => {
    const link = document.createElement('a');
    link.href = `#${run}`;
    link.append(run.slice(-8));
    return row(td(link, 'id'), td(task ?? job), state(now), td(trigger.kind), time(createdAt));
  });
  fill('runs', ['run', 'of', 'state', 'started by', 'at'], lines);
});

const chosen = () => location.hash.slice(1);
const details = refresher(async () => {
  const id = chosen();
  if (!id) return;
  const run = await get(`runs/${id}`);
  if (id !== chosen()) return;
  byId('run-title').replaceChildren(`${run.task ?? run.job}: ${run.state}`);
  const heads = ['task', 'state', 'attempt', 'on', 'invoked', 'started', 'finished', 'why'];
  const lines = run.tasks.map((it) => {
    const name = it.item ? `${it.task} [${it.item.index}]` : it.task;
    const why =
      it.error?.description ?? it.error?.message ?? (it.blockedBy ? `blocked by ${it.blockedBy}` : it.reason);
    const progress = it.progress && it.state === 'started' ? ` ${it.progress.percent ?? ''} %` : '';
    return row(
      ...[td(name), state(it.state), td(`${it.attempt}${progress}`), td(it.instance ?? it.server)],
      ...[time(it.invokedAt), time(it.startedAt), time(it.finishedAt), td(why, 'reason')],
    );
  });
  fill('tasks', heads, lines);
});

let runStream;
function show() {
  runStream?.close();
  byId('run').hidden = !chosen();
  if (!chosen()) return;
  fill('tasks', [], []);
  byId('history').replaceChildren(headOf(['#', 'at', 'what', 'task', 'attempt', 'from', 'why']));
  runStream = new EventSource(`/api/v1/stream?run=${encodeURIComponent(chosen())}`);
  listen(runStream, (it) => {
    const what = it.type.replace(/^cordyna\.|\.v1$/g, '');
    const name = it.item ? `${it.task} [${it.item.index}]` : it.task;
    const cells = [td(name), td(it.attempt && String(it.attempt)), td(it.source), td(it.reason, 'reason')];
    byId('history').append(
      row(td(String(it.seq)), time(it.at), td(what, it.applied ? '' : 'refused'), ...cells),
    );
    if (byId('history').rows.length > MAX_HISTORY_ROWS) byId('history').deleteRow(1);
    void details();
  });
  void details();
}
function listen(source, take) {
  for (const type of TYPES) source.addEventListener(type, ({ data }) => take(JSON.parse(data)));
}

const all = new EventSource('/api/v1/stream');
all.onopen = () => {
  say('live');
  void overview();
};
all.onerror = () => say('connection lost; trying again');
listen(all, () => void overview());
addEventListener('hashchange', show);
setInterval(() => void servers(), SERVERS_MS);
void servers();
show();
