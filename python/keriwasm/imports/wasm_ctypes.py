"""Make unmodified ctypes wrappers (pysodium, oqs, ...) safe in Pyodide.

On x86-64 a C function that takes a 32-bit value may be called with a 64-bit one and nothing happens: both travel in
one register. WebAssembly checks the signature of every call: a ``size_t`` (32 bits in wasm32) that a wrapper declares
or passes as ``c_ulonglong`` traps, and the trap ends the whole Python runtime. Python wrappers written on x86-64 are
full of that.

The library itself knows better: a wasm file's type section holds the true parameter and result types of every
export. This module reads them (WebAssembly core specification 3.0, chapter 5, "Binary Format") and puts a
``ctypes.CDLL`` in place that converts each argument and result to them, whatever the wrapper declared.

Two ways lead to the library. `wasm_calls` (wheels/native/wasm_calls.c) converts what wrappers usually pass in C and calls
by the true signature; what it cannot convert without loss goes through the converters here and ctypes itself, whose
words a caller gets when they refuse it.

Use::

    wasm_ctypes.install()       # once, before the wrapper is imported
    import pysodium

What it does not do: variadic C functions, and structures returned by value; ctypes refuses those calls with a
``TypeError`` for the number of arguments, it does not trap. On other platforms than Emscripten ``install`` does
nothing.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Signature", "WasmCDLL", "install", "signatures"]

I32, I64, F32, F64 = 0x7F, 0x7E, 0x7D, 0x7C
_LETTERS = {I32: "i", I64: "l", F32: "f", F64: "d"}

_MAGIC = b"\0asm\x01\0\0\0"
_SECTION_TYPE, _SECTION_IMPORT, _SECTION_FUNCTION, _SECTION_EXPORT = 1, 2, 3, 7
_KIND_FUNCTION, _KIND_TABLE, _KIND_MEMORY, _KIND_GLOBAL, _KIND_TAG = range(5)
_FUNCTION_TYPE = 0x60


class Signature(NamedTuple):
    """True types of one exported function, as wasm value type bytes (0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64)."""

    params: bytes
    results: bytes

    def __str__(self) -> str:
        """As `wasm_calls` names it: "iil>i" takes two 32-bit values and one of 64 bits, and returns one of 32."""
        return ">".join("".join(_LETTERS[valtype] for valtype in part) for part in self)


class _Reader:
    """A cursor over the bytes of a wasm file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def leb(self) -> int:
        """An unsigned integer in LEB128, as all counts and indices are."""
        result = shift = 0
        while True:
            value = self.byte()
            result |= (value & 0x7F) << shift
            if value < 0x80:
                return result
            shift += 7

    def chunk(self) -> bytes:
        """A vector of bytes: names, and value types that are one byte each."""
        size = self.leb()
        self.at += size
        return self.data[self.at - size : self.at]

    def limits(self) -> None:
        flags = self.byte()
        self.leb()
        if flags & 1:
            self.leb()


def _skip_import(reader: _Reader, functions: list[int]) -> None:
    """Pass over one import; imported functions come first in the function index space, so they are counted."""
    reader.chunk()
    reader.chunk()
    kind = reader.byte()
    if kind == _KIND_FUNCTION:
        functions.append(reader.leb())
    elif kind == _KIND_TABLE:
        reader.byte()
        reader.limits()
    elif kind == _KIND_MEMORY:
        reader.limits()
    elif kind == _KIND_GLOBAL:
        reader.at += 2
    elif kind == _KIND_TAG:
        reader.byte()
        reader.leb()
    else:
        raise ValueError(f"unknown kind of import in a wasm file: {kind}")


def signatures(data: bytes) -> dict[str, Signature]:
    """The true signature of every function that the wasm module ``data`` exports, by export name.

    Raises ValueError when ``data`` is not a wasm module of version 1, or uses type forms that C code has no use for.
    """
    if data[:8] != _MAGIC:
        raise ValueError("not a WebAssembly module of version 1")
    reader = _Reader(data)
    reader.at = len(_MAGIC)
    types: list[Signature] = []
    functions: list[int] = []
    exports: dict[str, Signature] = {}
    while reader.at < len(data):
        section = reader.byte()
        end = reader.leb()
        end += reader.at
        if section == _SECTION_TYPE:
            for _ in range(reader.leb()):
                if (form := reader.byte()) != _FUNCTION_TYPE:
                    raise ValueError(f"unknown form of type in a wasm file: {form:#x}")
                params = reader.chunk()
                types.append(Signature(params, reader.chunk()))
        elif section == _SECTION_IMPORT:
            for _ in range(reader.leb()):
                _skip_import(reader, functions)
        elif section == _SECTION_FUNCTION:
            functions += [reader.leb() for _ in range(reader.leb())]
        elif section == _SECTION_EXPORT:
            for _ in range(reader.leb()):
                name = reader.chunk().decode()
                kind, index = reader.byte(), reader.leb()
                if kind == _KIND_FUNCTION:
                    exports[name] = types[functions[index]]
            break  # code and data follow: nothing more to learn
        reader.at = end
    return exports


@cache
def _library_signatures(path: str) -> dict[str, Signature]:
    return signatures(Path(path).read_bytes())


def _integer(value: Any, bits: int) -> int:
    """``value`` as an unsigned integer of ``bits`` bits; OverflowError instead of losing high bits in silence."""
    if not -(1 << (bits - 1)) <= value < 1 << bits:
        raise OverflowError(f"{value} does not fit into {bits} bits, as the wasm library takes it")
    return value & ((1 << bits) - 1)


class _Int32:
    """Argument for an i32 parameter: an integer, any ctypes scalar, or anything that ctypes takes for a pointer."""

    @staticmethod
    def from_param(value: Any) -> Any:
        if isinstance(value, int):
            return ctypes.c_uint32(_integer(value, 32))
        if isinstance(value, ctypes._SimpleCData) and isinstance(value.value, int):
            return ctypes.c_uint32(_integer(value.value, 32))
        return ctypes.c_void_p.from_param(value)


class _Int64:
    """Argument for an i64 parameter: an integer or any ctypes integer scalar (None counts as 0, as a null does)."""

    @staticmethod
    def from_param(value: Any) -> Any:
        if isinstance(value, ctypes._SimpleCData):
            value = value.value
        if value is None:
            value = 0
        if not isinstance(value, int):
            raise TypeError(f"expected an integer for a 64-bit parameter, got {type(value).__name__}")
        return ctypes.c_uint64(_integer(value, 64))


_ARGUMENT: dict[int, Any] = {I32: _Int32, I64: _Int64, F32: ctypes.c_float, F64: ctypes.c_double}
_FLOATS: dict[int, Any] = {F32: ctypes.c_float, F64: ctypes.c_double}


def _fits(declared: Any, valtype: int) -> bool:
    """Whether a declared ctypes scalar has the width and kind of a wasm value type (pointers are i32)."""
    if not issubclass(declared, ctypes._SimpleCData):
        return valtype == I32  # pointers, arrays, structures by value: all of them are addresses
    if valtype in _FLOATS:
        return declared is _FLOATS[valtype]
    if declared in (ctypes.c_float, ctypes.c_double):
        return False
    return (ctypes.sizeof(declared) == 8) == (valtype == I64)


class WasmCDLL(ctypes.CDLL):
    """A ``ctypes.CDLL`` whose functions have the library's own parameter and result types."""

    def __init__(self, name: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        # CDLL(None) is the main program: it has no file to read, its functions stay as ctypes makes them.
        self._signatures = _library_signatures(os.fspath(name)) if name else {}
        self._FuncPtr = _function_pointer(self._FuncPtr)

    def __getitem__(self, name_or_ordinal: Any) -> Any:
        function = super().__getitem__(name_or_ordinal)
        if signature := self._signatures.get(name_or_ordinal):
            function._adapt(signature)
            return _direct(function, str(signature))
        return function


def _direct(function: Any, signature: str) -> Any:
    """The function as `wasm_calls` calls it. Imported here: a wasm library is not loaded before a snapshot is taken."""
    import wasm_calls

    return wasm_calls.Function(function, signature)


def _function_pointer(base: Any) -> Any:
    """A subclass of a library's function pointer type which keeps true types whatever a wrapper assigns later."""
    get_restype, set_restype = base.restype.__get__, base.restype.__set__
    get_argtypes, set_argtypes = base.argtypes.__get__, base.argtypes.__set__

    class FuncPtr(base):
        _flags_ = base._flags_
        _restype_ = base._restype_
        _signature: Signature | None = None

        def _adapt(self, signature: Signature) -> None:
            self._signature = signature
            self.argtypes = ()
            self.restype = self._restype_

        @property
        def argtypes(self) -> Any:
            return get_argtypes(self)

        @argtypes.setter
        def argtypes(self, declared: Any) -> None:
            if self._signature is not None:
                # What the wrapper declares is dropped on purpose: what it passes is converted to the true type, and
                # the converter takes all that ctypes would have taken.
                declared = [_ARGUMENT[valtype] for valtype in self._signature.params]
            set_argtypes(self, declared)

        @property
        def restype(self) -> Any:
            return get_restype(self)

        @restype.setter
        def restype(self, declared: Any) -> None:
            if self._signature is not None:
                declared = _result(declared, self._signature.results)
            set_restype(self, declared)

    return FuncPtr


def _result(declared: Any, results: bytes) -> Any:
    """The ctypes result type to use for a function that returns ``results`` when a wrapper declared ``declared``."""
    if not results:
        return None
    valtype = results[0]
    if declared is None or (isinstance(declared, type) and _fits(declared, valtype)):
        # None: the wrapper does not want the value. libffi must still know the true type, or the call traps.
        if declared is not None:
            return declared
    elif not isinstance(declared, type):
        if valtype != I32:
            raise TypeError("a callable restype works on functions that return 32-bit integers only")
        return declared  # a Python callable that checks an int result, which ctypes documents
    return _FLOATS.get(valtype) or (ctypes.c_uint64 if valtype == I64 else ctypes.c_uint32)


def install() -> None:
    """Make ``ctypes.cdll`` and ``ctypes.CDLL`` adapt libraries from now on. Safe to call again; a no-op off wasm."""
    if sys.platform != "emscripten":
        return
    ctypes.cdll._dlltype = WasmCDLL
    ctypes.CDLL = WasmCDLL  # type: ignore[misc]
