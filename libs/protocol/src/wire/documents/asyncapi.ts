import { DEAD_LETTER_REASONS, EventType } from '../../model/index.js';
import { STRUCTURED_CONTENT_TYPE } from '../cloudevents/encode.js';
import { ATTRIBUTE_LIMITS } from '../cloudevents/envelope.js';
import { DEAD_LETTER_HEADERS } from '../messages/dead-letter.js';
import { ANY_SIGNAL, CHANNELS, DEAD_LETTER, ERROR_BY_CEREBRO } from './channels.js';
import type { Channel } from './channels.js';
import { generateSchemas } from './json-schemas.js';

type Json = Record<string, unknown>;
const KAFKA_BINDING = '0.5.0';

/** The bus as an AsyncAPI 3.0 document, seen from Cerebro. */
export function asyncApiDocument(): Json {
  const schemas = generateSchemas();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Cordyna: the bus',
      version: '1.0.0',
      description:
        'Cerebro, the coordinator of tasks, on Kafka. A task server sends what is received here, and receives what is sent. The rules of the conversation are in protocol.md.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: STRUCTURED_CONTENT_TYPE,
    servers: {
      kafka: { host: 'kafka:9092', protocol: 'kafka', description: 'The brokers of the installation.' },
    },
    channels: Object.fromEntries(CHANNELS.map((channel) => [channel.id, channelObject(channel)])),
    operations: Object.fromEntries(CHANNELS.flatMap(operations)),
    components: {
      messages: { ...messages(schemas), [ANY_SIGNAL]: signal(), [DEAD_LETTER]: deadLetter() },
      schemas: { CloudEvent: envelope(), ...dataSchemas(schemas) },
    },
  };
}

function channelObject({ address, description, receives, sends, spec }: Channel): Json {
  const parameters = {
    prefix: { description: 'Of the installation.', default: 'cordyna' },
    ...(address.includes('{server}') && { server: { description: 'The name of the server.' } }),
  };
  const { 'cleanup.policy': policy, 'retention.ms': retention, 'max.message.bytes': size } = spec.config;
  return {
    address,
    description,
    parameters,
    messages: Object.fromEntries(
      [...new Set([...receives, ...sends])].map((name) => [name, { $ref: `#/components/messages/${name}` }]),
    ),
    bindings: {
      kafka: {
        partitions: spec.partitions,
        topicConfiguration: {
          'cleanup.policy': [policy],
          ...(retention && { 'retention.ms': Number(retention) }),
          'max.message.bytes': Number(size),
        },
        bindingVersion: KAFKA_BINDING,
      },
    },
  };
}

function operations({ id, receives, sends }: Channel): [string, Json][] {
  const operation = (action: 'receive' | 'send', names: readonly string[]): [string, Json][] =>
    names.length === 0
      ? []
      : [
          [
            `${action}-${id}`,
            {
              action,
              channel: { $ref: `#/channels/${id}` },
              messages: names.map((name) => ({ $ref: `#/channels/${id}/messages/${name}` })),
            },
          ],
        ];
  return [...operation('receive', receives), ...operation('send', sends)];
}

function messages(schemas: Map<EventType, Json>): Json {
  const byType = [...schemas].map(([type, schema]) => [
    type,
    message(type, type, String(schema.description)),
  ]);
  const summary = 'It failed, says Cerebro: a timeout, a lost server, wrong arguments.';
  return {
    ...Object.fromEntries(byType),
    [ERROR_BY_CEREBRO]: message(EventType.taskError, ERROR_BY_CEREBRO, summary),
  };
}

function message(type: EventType, id: string, summary: string): Json {
  const channel = CHANNELS.find(({ receives, sends }) => [...receives, ...sends].includes(id));
  return {
    name: type,
    title: type,
    summary,
    contentType: STRUCTURED_CONTENT_TYPE,
    bindings: {
      kafka: { key: { type: 'string', description: channel?.key }, bindingVersion: KAFKA_BINDING },
    },
    payload: {
      allOf: [
        { $ref: '#/components/schemas/CloudEvent' },
        {
          type: 'object',
          required: ['data'],
          properties: { type: { const: type }, data: { $ref: `#/components/schemas/${id}` } },
        },
      ],
    },
  };
}

/** Nested definitions become components: in this document a reference begins at its root. */
function dataSchemas(schemas: Map<EventType, Json>): Json {
  const components: Json = {};
  for (const [type, schema] of schemas) {
    const { $defs, $schema: _dialect, $id: _id, ...own } = schema;
    components[type] = own;
    Object.assign(components, $defs);
  }
  components[ERROR_BY_CEREBRO] = errorByCerebro(components[EventType.taskError] as Json);
  return JSON.parse(JSON.stringify(components).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}

function errorByCerebro(update: Json): Json {
  const { lease: _lease, instance: _instance, ...properties } = update.properties as Json;
  const required = (update.required as string[]).filter((name) => name !== 'lease' && name !== 'instance');
  return { ...update, required, properties };
}

function envelope(): Json {
  const text = (description: string, maxLength?: number): Json => ({
    type: 'string',
    minLength: 1,
    ...(maxLength && { maxLength }),
    description,
  });
  return {
    description: 'CloudEvents 1.0; other attributes may be there and are passed on.',
    type: 'object',
    required: ['specversion', 'id', 'source', 'type'],
    properties: {
      specversion: { const: '1.0' },
      id: text('Unique per source: the same source and id are the same message.', ATTRIBUTE_LIMITS.id),
      source: {
        ...text(
          'Who says it: /servers/<server>/<instance>, /cerebro/<instance>, or any other.',
          ATTRIBUTE_LIMITS.source,
        ),
        format: 'uri-reference',
      },
      type: text('What it is.', ATTRIBUTE_LIMITS.type),
      time: {
        type: 'string',
        format: 'date-time',
        description: 'When it happened, by the clock of the sender.',
      },
      subject: text('The qualified task, the server or the run that it is about.', ATTRIBUTE_LIMITS.subject),
      traceparent: text('W3C trace context, passed on.'),
      datacontenttype: text('JSON when it is left out.'),
      data: { type: 'object' },
    },
  };
}

function signal(): Json {
  return {
    name: ANY_SIGNAL,
    title: 'Any CloudEvent',
    summary: 'Its data, if there is any, is a JSON object.',
    contentType: STRUCTURED_CONTENT_TYPE,
    payload: { $ref: '#/components/schemas/CloudEvent' },
  };
}

function deadLetter(): Json {
  const header = (description: string, more: Json = {}): Json => ({ type: 'string', description, ...more });
  return {
    name: DEAD_LETTER,
    title: 'A refused record',
    summary: 'Key and value as they were; the headers say why and where it came from.',
    contentType: 'application/octet-stream',
    payload: {},
    headers: {
      type: 'object',
      required: Object.values(DEAD_LETTER_HEADERS),
      properties: {
        [DEAD_LETTER_HEADERS.reason]: header('Why.', { enum: [...DEAD_LETTER_REASONS] }),
        [DEAD_LETTER_HEADERS.detail]: header('Why, for people.'),
        [DEAD_LETTER_HEADERS.topic]: header('Where the record was.'),
        [DEAD_LETTER_HEADERS.partition]: header('Its partition.'),
        [DEAD_LETTER_HEADERS.offset]: header('Its offset.'),
        [DEAD_LETTER_HEADERS.truncated]: header('Whether the value is cut off.', { enum: ['true', 'false'] }),
      },
    },
  };
}
