/** A server, task or job name, and the schedule, rule or flow names that follow the same rule. */
export const NAME_PATTERN = '^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$';
/** `<server>.<task>` or `<server>.<job>`. */
export const QUALIFIED_NAME_PATTERN =
  '^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?\\.[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$';

const name = new RegExp(NAME_PATTERN);
const qualified = new RegExp(QUALIFIED_NAME_PATTERN);

export const isName = (text: string): boolean => name.test(text);
export const isQualifiedName = (text: string): boolean => qualified.test(text);

/** The server part of `<server>.<task>`. */
export const serverOf = (task: string): string => task.slice(0, task.indexOf('.'));

/** `dependsOn` and `forEach` take qualified names, or bare names of the same server. */
export const qualify = (server: string, task: string): string =>
  task.includes('.') ? task : `${server}.${task}`;

/** An event, event set or rule: these have names with colons too. */
export const EVENT_NAME_PATTERN = '^[A-Za-z0-9_]([A-Za-z0-9_.:-]{0,198}[A-Za-z0-9_])?$';
const eventName = new RegExp(EVENT_NAME_PATTERN);
export const isEventName = (text: string): boolean => eventName.test(text);
