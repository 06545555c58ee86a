export * from './cloud-event-envelope.js';
export * from './command-topics.js';
export * from './inbound-decoder.js';
export * from './inbound-handler.js';
export * from './kafka-outbound-bus.js';
export * from './inbound-controller.js';
