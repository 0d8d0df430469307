// A service worker may only control the folder that it is served from: this door stands here so that any static host
// will do, without a Service-Worker-Allowed header. All of it is in router/.
importScripts('router/doors/door.js', 'router/offline/versions.js', 'router/offline/generations.js',
  'router/doors/relay.js', 'router/doors/service-worker.js');
