/* Included before every line of an extension module that guards each of its objects with a lock: one thread runs here, so that
   nobody else can hold it, and a lock that is made, taken, given back and freed for each hash costs a fifth of a small one. */
#ifdef __EMSCRIPTEN_PTHREADS__
#error "this Python has threads: locks are needed"
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
static const char keriwasm_lock;
#define PyThread_allocate_lock() ((PyThread_type_lock)&keriwasm_lock)
#define PyThread_acquire_lock(lock, wait) ((void)(lock), 1)
#define PyThread_release_lock(lock) ((void)(lock))
#define PyThread_free_lock(lock) ((void)(lock))
