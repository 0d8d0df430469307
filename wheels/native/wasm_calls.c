/* Calls of a wasm library's functions by their true signatures, without libffi.

   ctypes reaches a C function through libffi, which on WebAssembly is JavaScript that lays out every argument anew; and
   python/keriwasm/imports/wasm_ctypes.py, which makes ctypes safe here, converts each argument in Python. A `Function`
   wraps a ctypes function pointer whose true parameter types are known. When it can convert every argument without loss
   it makes the call itself. Anything else (what is too large, of another kind, too many or too few arguments) goes to the
   wrapped ctypes function, which takes or refuses it with its own words: nothing passes here that does not pass there.

   What it does not do: results other than none and 32-bit integers, `errcheck`, a private errno (`use_errno`), releasing
   the GIL (one thread runs here). Those calls go to the ctypes function as well. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define MOST_PARAMETERS 16

/* An argument on its way to a call: a 32-bit one in the lower half, whatever is above it. */
typedef int64_t Value;

typedef struct {
    const char *name; /* parameters, '>', results; i: 32 bits, l: 64 bits. "iil>i" */
    Value (*call)(void *, const Value *);
} Shape;

#include "shapes.h" /* static const Shape shapes[], made by the recipe */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ctypes' own types, looked up when the module is imported. */
static PyTypeObject *array_type, *pointer_type, *byref_type;
static PyObject *c_int, *c_uint;
static struct {
    PyTypeObject *type;
    char size, sign; /* sign 'p': holds an address, which an i32 parameter takes and an i64 parameter does not */
} scalars[12];
static size_t scalar_count;
/* Where byref()'s object keeps the address; 0 when it was not found, then such arguments go to ctypes. */
static Py_ssize_t byref_address, byref_tag;

enum result { BY_CTYPES, NOTHING, SIGNED, UNSIGNED };

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *ctypes; /* the function pointer that this one stands for */
    void *address;
    const Shape *shape;
    Py_ssize_t parameters;
    enum result result;
} Function;

static int from_integer(PyObject *value, char kind, Value *out)
{
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow > 0 && kind == 'l') {
        unsigned long long large = PyLong_AsUnsignedLongLong(value);
        if (large != (unsigned long long)-1 || !PyErr_Occurred()) {
            *out = (Value)large;
            return 1;
        }
        PyErr_Clear();
        return 0;
    }
    if (overflow || (kind == 'i' && (number < INT32_MIN || number > UINT32_MAX)))
        return 0;
    *out = number;
    return 1;
}

/* The memory of a ctypes instance; it outlives the call, for the caller holds the instance. NULL: none. */
static void *memory(PyObject *value)
{
    Py_buffer view;
    if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        return NULL;
    }
    void *at = view.buf;
    PyBuffer_Release(&view);
    return at;
}

static Value read_scalar(const void *at, char size, char sign)
{
    int8_t byte;
    int16_t half;
    int32_t word;
    int64_t all;
    switch (size) {
    case 1: memcpy(&byte, at, 1); return sign == 's' ? byte : (uint8_t)byte;
    case 2: memcpy(&half, at, 2); return sign == 's' ? half : (uint16_t)half;
    case 4: memcpy(&word, at, 4); return sign == 's' ? word : (Value)(uint32_t)word;
    default: memcpy(&all, at, 8); return all;
    }
}

static int from_scalar(PyObject *value, char kind, Value *out)
{
    for (size_t at = 0; at < scalar_count; at++) {
        if (Py_TYPE(value) != scalars[at].type)
            continue;
        char size = scalars[at].size, sign = scalars[at].sign;
        void *where = sign == 'p' && kind == 'l' ? NULL : memory(value);
        if (where == NULL)
            return 0;
        Value number = read_scalar(where, size, sign);
        if (kind == 'i' && size == 8 && (number > UINT32_MAX || number < (sign == 's' ? INT32_MIN : 0)))
            return 0;
        *out = number;
        return 1;
    }
    return 0;
}

/* One argument for a parameter of a kind; 0 when only ctypes may judge it. Leaves no exception. */
static int convert(PyObject *value, char kind, Value *out)
{
    if (PyLong_Check(value))
        return from_integer(value, kind, out);
    if (value == Py_None) {
        *out = 0;
        return 1;
    }
    if (kind == 'i') {
        void *at;
        if (PyBytes_Check(value)) {
            *out = (Value)(uintptr_t)PyBytes_AS_STRING(value);
            return 1;
        }
        if (PyObject_TypeCheck(value, array_type) && (at = memory(value)) != NULL) {
            *out = (Value)(uintptr_t)at;
            return 1;
        }
        if (byref_address && Py_TYPE(value) == byref_type && ((char *)value)[byref_tag] == 'P') {
            memcpy(&at, (char *)value + byref_address, sizeof at);
            *out = (Value)(uintptr_t)at;
            return 1;
        }
        if (PyObject_TypeCheck(value, pointer_type) && (at = memory(value)) != NULL) {
            *out = read_scalar(at, sizeof at, 'u');
            return 1;
        }
    }
    return from_scalar(value, kind, out);
}

static PyObject *function_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names)
{
    Function *function = (Function *)self;
    Value values[MOST_PARAMETERS];
    Py_ssize_t given = PyVectorcall_NARGS(flags);
    int mine = function->result != BY_CTYPES && given == function->parameters && names == NULL;
    for (Py_ssize_t at = 0; mine && at < given; at++)
        mine = convert(arguments[at], function->shape->name[at], &values[at]);
    if (!mine)
        return PyObject_Vectorcall(function->ctypes, arguments, flags, names);
    int32_t result = (int32_t)function->shape->call(function->address, values);
    switch (function->result) {
    case SIGNED: return PyLong_FromLong(result);
    case UNSIGNED: return PyLong_FromUnsignedLong((uint32_t)result);
    default: Py_RETURN_NONE;
    }
}

/* ---------------------------------------------------------------- one call for many rows */

/* What rows take for one argument: a value, `step` more with each row; or an item each. */
typedef struct {
    Value value;
    Py_ssize_t step;
    PyObject *items;
} Column;

/* (ctypes array or bytes, step): row r gets the address r * step bytes further on. 0 with an exception set. */
static int moving_column(PyObject *given, char kind, Py_ssize_t count, Py_ssize_t at, Column *out)
{
    Py_buffer view;
    PyObject *buffer = PyTuple_GET_SIZE(given) == 2 ? PyTuple_GET_ITEM(given, 0) : NULL;
    if (kind != 'i' || buffer == NULL || !(PyBytes_Check(buffer) || PyObject_TypeCheck(buffer, array_type))) {
        PyErr_Format(PyExc_TypeError, "argument %zd: bytes or a ctypes array, and a step, were expected", at);
        return 0;
    }
    Py_ssize_t step = PyLong_AsSsize_t(PyTuple_GET_ITEM(given, 1));
    if ((step == -1 && PyErr_Occurred()) || PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE) < 0)
        return 0;
    *out = (Column){(Value)(uintptr_t)view.buf, step, NULL};
    int64_t wanted = (int64_t)step * count;
    int fits = step >= 0 && wanted <= view.len;
    if (!fits)
        PyErr_Format(PyExc_ValueError, "argument %zd: %zd bytes hold no %zd rows of %zd", at, view.len, count, step);
    PyBuffer_Release(&view);
    return fits;
}

static int make_column(PyObject *given, char kind, Py_ssize_t count, Py_ssize_t at, Column *out)
{
    if (PyTuple_CheckExact(given))
        return moving_column(given, kind, count, at, out);
    *out = (Column){0, 0, NULL};
    if (PyList_CheckExact(given)) {
        if (PyList_GET_SIZE(given) != count) {
            PyErr_Format(PyExc_ValueError, "argument %zd: %zd items for %zd rows", at, PyList_GET_SIZE(given), count);
            return 0;
        }
        out->items = PyList_AsTuple(given); /* a copy: a buffer of Python's may change a list while it is read */
        return out->items != NULL;
    }
    if (convert(given, kind, &out->value))
        return 1;
    PyErr_Format(PyExc_TypeError, "argument %zd: %.100s does not fit", at, Py_TYPE(given)->tp_name);
    return 0;
}

/* The result of one row, or NULL with an exception that names it. */
static PyObject *row_result(Function *function, const Column *columns, Py_ssize_t row)
{
    Value values[MOST_PARAMETERS];
    for (Py_ssize_t at = 0; at < function->parameters; at++) {
        values[at] = columns[at].value + row * (Value)columns[at].step;
        PyObject *item = columns[at].items == NULL ? NULL : PyTuple_GET_ITEM(columns[at].items, row);
        if (item != NULL && !convert(item, function->shape->name[at], &values[at])) {
            const char *kind = Py_TYPE(item)->tp_name;
            return PyErr_Format(PyExc_TypeError, "row %zd, argument %zd: %.100s does not fit", row, at, kind);
        }
    }
    int32_t result = (int32_t)function->shape->call(function->address, values);
    return function->result == SIGNED ? PyLong_FromLong(result) : PyLong_FromUnsignedLong((uint32_t)result);
}

/* rows(count, *arguments): `count` calls and the list of their results. What does not convert is refused; ctypes is not asked. */
static PyObject *function_rows(PyObject *self, PyObject *const *given, Py_ssize_t number)
{
    Function *function = (Function *)self;
    Column columns[MOST_PARAMETERS] = {0};
    if (function->result != SIGNED && function->result != UNSIGNED)
        return PyErr_Format(PyExc_TypeError, "a function whose result is a 32-bit integer is wanted");
    if (number != function->parameters + 1)
        return PyErr_Format(PyExc_TypeError, "expected a count and %zd arguments", function->parameters);
    Py_ssize_t count = PyLong_AsSsize_t(given[0]), made = 0;
    if (count < 0 && !PyErr_Occurred())
        PyErr_Format(PyExc_ValueError, "%zd rows cannot be called", count);
    while (count >= 0 && made < function->parameters
           && make_column(given[made + 1], function->shape->name[made], count, made, &columns[made]))
        made++;
    PyObject *results = PyErr_Occurred() ? NULL : PyList_New(count);
    for (Py_ssize_t row = 0; results != NULL && row < count; row++) {
        PyObject *result = row_result(function, columns, row);
        if (result == NULL)
            Py_CLEAR(results);
        else
            PyList_SET_ITEM(results, row, result);
    }
    for (Py_ssize_t at = 0; at < function->parameters; at++)
        Py_XDECREF(columns[at].items);
    return results;
}

static PyMethodDef function_methods[] = {
    {"rows", (PyCFunction)(void (*)(void))function_rows, METH_FASTCALL,
     "rows(count, *arguments): call it count times. An argument is the same for each row, or a list with one for each, or "
     "(buffer, step): an address that moves on. The list of results."},
    {NULL},
};

/* After an attribute was assigned: whether the result is one that is made here. -1 with an exception set. */
static int look_at_result(Function *function)
{
    function->result = BY_CTYPES;
    PyObject *restype = PyObject_GetAttrString(function->ctypes, "restype");
    PyObject *errcheck = restype == NULL ? NULL : PyObject_GetAttrString(function->ctypes, "errcheck");
    if (errcheck == NULL) {
        Py_XDECREF(restype);
        return -1;
    }
    if (errcheck == Py_None && function->shape != NULL) {
        int some = function->shape->name[function->parameters + 1] != '\0';
        if (!some || restype == Py_None)
            function->result = restype == Py_None ? NOTHING : BY_CTYPES;
        else if (restype == c_int)
            function->result = SIGNED;
        else if (restype == c_uint)
            function->result = UNSIGNED;
    }
    Py_DECREF(restype);
    Py_DECREF(errcheck);
    return 0;
}

static PyObject *function_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    PyObject *ctypes;
    const char *name;
    if (!PyArg_ParseTuple(arguments, "Os:Function", &ctypes, &name))
        return NULL;
    Function *function = (Function *)type->tp_alloc(type, 0);
    if (function == NULL)
        return NULL;
    function->vectorcall = function_call;
    function->ctypes = Py_NewRef(ctypes);
    for (size_t at = 0; at < COUNT(shapes); at++)
        if (strcmp(shapes[at].name, name) == 0)
            function->shape = &shapes[at];
    if (function->shape != NULL)
        function->parameters = strchr(function->shape->name, '>') - function->shape->name;
    void *at = memory(ctypes);
    if (at == NULL) {
        PyErr_SetString(PyExc_TypeError, "a ctypes function pointer is wanted");
        Py_DECREF(function);
        return NULL;
    }
    memcpy(&function->address, at, sizeof function->address);
    if (look_at_result(function) < 0) {
        Py_DECREF(function);
        return NULL;
    }
    return (PyObject *)function;
}

static void function_dealloc(PyObject *self)
{
    Py_XDECREF(((Function *)self)->ctypes);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *function_getattr(PyObject *self, PyObject *name)
{
    PyObject *own = PyObject_GenericGetAttr(self, name);
    if (own != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return own;
    PyErr_Clear();
    return PyObject_GetAttr(((Function *)self)->ctypes, name);
}

static int function_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    Function *function = (Function *)self;
    if (PyObject_SetAttr(function->ctypes, name, value) < 0)
        return -1;
    return look_at_result(function);
}

/* What ctypes takes in this object's place, when the function itself is an argument (ctypes.cast, callbacks). */
static PyObject *function_as_parameter(PyObject *self, void *closure)
{
    return Py_NewRef(((Function *)self)->ctypes);
}

static PyObject *function_direct(PyObject *self, void *closure)
{
    return PyBool_FromLong(((Function *)self)->result != BY_CTYPES);
}

static PyGetSetDef function_attributes[] = {
    {"_as_parameter_", function_as_parameter, NULL, "the wrapped function pointer, as ctypes takes it", NULL},
    {"direct", function_direct, NULL, "whether calls are made here when the arguments allow it", NULL},
    {NULL},
};

static PyTypeObject function_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "wasm_calls.Function",
    .tp_doc = "Function(pointer, signature): a ctypes function pointer, called by its true signature (\"iil>i\").",
    .tp_basicsize = sizeof(Function),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Function, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_new = function_new,
    .tp_dealloc = function_dealloc,
    .tp_getattro = function_getattr,
    .tp_setattro = function_setattr,
    .tp_getset = function_attributes,
    .tp_methods = function_methods,
};

/* byref()'s object is ctypes' own business: where it keeps its address is looked for, not assumed. 0 on success. */
static int find_byref(PyObject *ctypes)
{
    PyObject *buffer = PyObject_CallMethod(ctypes, "create_string_buffer", "i", 16);
    PyObject *refs[2] = {NULL, NULL};
    char *base = buffer == NULL ? NULL : memory(buffer);
    for (int at = 0; base != NULL && at < 2; at++)
        refs[at] = PyObject_CallMethod(ctypes, "byref", "Oi", buffer, 3 + 4 * at);
    if (refs[0] != NULL && refs[1] != NULL) {
        byref_type = (PyTypeObject *)Py_NewRef(Py_TYPE(refs[0]));
        byref_tag = sizeof(PyObject) + sizeof(void *);
        for (Py_ssize_t at = byref_tag; at + (Py_ssize_t)sizeof base <= byref_type->tp_basicsize; at += sizeof base) {
            char *found[2];
            for (int ref = 0; ref < 2; ref++)
                memcpy(&found[ref], (char *)refs[ref] + at, sizeof found[ref]);
            if (found[0] == base + 3 && found[1] == base + 7 && ((char *)refs[0])[byref_tag] == 'P')
                byref_address = at;
        }
    }
    Py_XDECREF(refs[0]);
    Py_XDECREF(refs[1]);
    Py_XDECREF(buffer);
    return PyErr_Occurred() ? -1 : 0;
}

static int find_types(PyObject *ctypes)
{
    static const char *names[] = {"c_byte", "c_ubyte", "c_short", "c_ushort", "c_int", "c_uint", "c_longlong",
                                  "c_ulonglong", "c_void_p", "c_char_p"};
    static const char about[] = "1s1u2s2u4s4u8s8u4p4p";
    _Static_assert(sizeof(void *) == 4 && sizeof(long) == 4, "written for wasm32");
    for (size_t at = 0; at < COUNT(names); at++) {
        PyObject *type = PyObject_GetAttrString(ctypes, names[at]);
        if (type == NULL)
            return -1;
        scalars[at].type = (PyTypeObject *)type;
        scalars[at].size = about[2 * at] - '0';
        scalars[at].sign = about[2 * at + 1];
    }
    scalar_count = COUNT(names);
    c_int = PyObject_GetAttrString(ctypes, "c_int");
    c_uint = PyObject_GetAttrString(ctypes, "c_uint");
    array_type = (PyTypeObject *)PyObject_GetAttrString(ctypes, "Array");
    pointer_type = (PyTypeObject *)PyObject_GetAttrString(ctypes, "_Pointer");
    return c_int && c_uint && array_type && pointer_type ? 0 : -1;
}

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "wasm_calls", "C functions of wasm libraries, called by their true signatures.", -1, NULL,
};

PyMODINIT_FUNC PyInit_wasm_calls(void)
{
    PyObject *ctypes = PyImport_ImportModule("ctypes");
    if (ctypes == NULL || find_types(ctypes) < 0 || find_byref(ctypes) < 0)
        return NULL;
    Py_DECREF(ctypes);
    if (PyType_Ready(&function_type) < 0)
        return NULL;
    PyObject *self = PyModule_Create(&module);
    if (self == NULL || PyModule_AddObjectRef(self, "Function", (PyObject *)&function_type) < 0)
        return NULL;
    PyObject *known = PyTuple_New(COUNT(shapes));
    for (size_t at = 0; known != NULL && at < COUNT(shapes); at++)
        PyTuple_SET_ITEM(known, at, PyUnicode_FromString(shapes[at].name));
    if (known == NULL || PyModule_Add(self, "SHAPES", known) < 0)
        return NULL;
    return self;
}
