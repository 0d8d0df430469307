// The main job, run inside the page of any engine by its driver: boot, fan-out, hash, sign, KEM, a killed worker.
// An expression that evaluates to an async function; it resolves to plain data and rejects with a reason.
(async () => {
  const wait = async (condition, seconds, what) => {
    const end = performance.now() + seconds * 1000;
    while (!await condition()) {
      if (performance.now() > end) throw new Error(`${what} did not come within ${seconds} s: state ${document.documentElement.dataset.state}, ` +
        JSON.stringify(globalThis.keriwasm?.status));
      await new Promise(resolve => { setTimeout(resolve, 50); });
    }
  };
  const ask = async (path, json) => {
    const headers = { accept: 'application/json', ...(json ? { 'content-type': 'application/json' } : {}) };
    const response = await fetch(new URL(path, document.baseURI), { method: json ? 'POST' : 'GET', headers, body: json && JSON.stringify(json) });
    const data = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(data)}`);
    return data;
  };
  const state = () => document.documentElement.dataset.state;
  await wait(() => ['ready', 'degraded', 'failed'].includes(state()), 150, 'a final state');
  if (state() !== 'ready') throw new Error(`the state is ${state()}: ${JSON.stringify(keriwasm.status)}`);
  await wait(() => document.querySelector('#panel-pq'), 10, 'the home panels');
  const home = await ask('app/');
  const hash = await ask('app/crypto/hash', { algorithm: 'blake3', text: 'engine' });
  const pair = await ask('app/crypto/ed25519/keypair', {});
  const { signature } = await ask('app/crypto/ed25519/sign', { secret: pair.secret, text: 'engine' });
  const { valid } = await ask('app/crypto/ed25519/verify', { public: pair.public, signature, text: 'engine' });
  const kem = await ask('app/pq/kem/ML-KEM-768/keypair', {});
  const sent = await ask('app/pq/kem/ML-KEM-768/encaps', { public: kem.public });
  const got = await ask('app/pq/kem/ML-KEM-768/decaps', { secret: kem.secret, ciphertext: sent.ciphertext });
  await ask('app/faults/w2', { kind: 'crash', ms: 0 });
  await wait(async () => (await ask('app/pool')).workers.find(worker => worker.id === 'w2').generation >= 2, 60, 'a new w2');
  await wait(() => state() === 'ready', 90, 'the whole pool again');
  const pool = await ask('app/pool');
  return {
    agent: navigator.userAgent, state: state(), parts: Object.keys(home.parts), digest: hash.digest_hex, valid,
    shared: sent.shared === got.shared, generations: pool.workers.map(worker => worker.generation),
    isolated: globalThis.crossOriginIsolated, controlled: Boolean(navigator.serviceWorker?.controller),
    workers: pool.workers.map(worker => worker.state),
  };
})
