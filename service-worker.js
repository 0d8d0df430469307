// A service worker may only control the folder that it is served from: this door stands here so that any static host
// will do, without a Service-Worker-Allowed header. All of it is in router/.
importScripts('router/door.js', 'router/versions.js', 'router/kept.js', 'router/relay.js', 'router/service-worker.js');
