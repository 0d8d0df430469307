/* Many BLAKE3 digests by one call from Python: `digests(messages, length=32)`.

   The extension module blake3, which is upstream's and beside which this one is linked, makes an object for each message: two
   calls, and two kilobytes to clear, for what takes a quarter of that time. Here is one hasher for all of them, on the stack. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "blake3.h"

/* One message's digest, or NULL with an exception that names its place. */
static PyObject *digest(blake3_hasher *hasher, PyObject *message, Py_ssize_t at, Py_ssize_t length)
{
    PyObject *made = PyBytes_FromStringAndSize(NULL, length);
    if (made == NULL)
        return NULL;
    blake3_hasher_init(hasher);
    if (PyBytes_Check(message)) {
        blake3_hasher_update(hasher, PyBytes_AS_STRING(message), PyBytes_GET_SIZE(message));
    } else {
        Py_buffer view;
        if (PyObject_GetBuffer(message, &view, PyBUF_SIMPLE) < 0) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "message %zd is no bytes but %.100s", at, Py_TYPE(message)->tp_name);
            Py_DECREF(made);
            return NULL;
        }
        blake3_hasher_update(hasher, view.buf, view.len);
        PyBuffer_Release(&view);
    }
    blake3_hasher_finalize(hasher, (uint8_t *)PyBytes_AS_STRING(made), length);
    return made;
}

static PyObject *digests(PyObject *self, PyObject *arguments, PyObject *names)
{
    static char *known[] = {"messages", "length", NULL};
    PyObject *messages;
    Py_ssize_t length = BLAKE3_OUT_LEN;
    if (!PyArg_ParseTupleAndKeywords(arguments, names, "O|n:digests", known, &messages, &length))
        return NULL;
    if (length < 0)
        return PyErr_Format(PyExc_ValueError, "a digest of %zd bytes cannot be made", length);
    /* A copy: a buffer's own code may change the list while it is read. */
    PyObject *row = PySequence_Tuple(messages);
    if (row == NULL)
        return NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(row);
    PyObject *made = PyList_New(count);
    blake3_hasher hasher;
    for (Py_ssize_t at = 0; made != NULL && at < count; at++) {
        PyObject *one = digest(&hasher, PyTuple_GET_ITEM(row, at), at, length);
        if (one == NULL)
            Py_CLEAR(made);
        else
            PyList_SET_ITEM(made, at, one);
    }
    Py_DECREF(row);
    return made;
}

static PyMethodDef methods[] = {
    {"digests", (PyCFunction)(void (*)(void))digests, METH_VARARGS | METH_KEYWORDS,
     "digests(messages, length=32): the BLAKE3 digest of each message, as a list."},
    {NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "blake3_many", "Many BLAKE3 digests by one call.", -1, methods};

PyMODINIT_FUNC PyInit_blake3_many(void)
{
    return PyModule_Create(&module);
}
