"""The same app answered by a plain server: the router's policy as it is, in front of worker processes on CPython.

A line in here may touch sockets, processes, the clock and the file system; what is asked and answered is decided in `router/policy`,
as in the page. Who does what, against the browser's files:

    __main__         the command line                            (own-router.js)
    listener         HTTP by uvicorn, its bounds                  (the browser's network stack)
    door, origins    a request becomes an envelope                (router/doors)
    files, shell     what is no request of the app: static files, the page around a fragment
    host             carries the policy's commands out            (router/host/host.js)
    processes        starts, hears and ends worker processes      (router/host/pool-workers.js)
    worker_process   one worker: hio's Doist and the slices       (workers/worker.js)
    lmdb_disk        where a worker keeps what is to stay: files of the real LMDB  (browser/disk_store, browser/named_stores)
    setup            brings the Python and the packages; needs nothing but a Python 3.11
"""
