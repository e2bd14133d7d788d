"""Tuples of arrays as parts of kernels are lent them: at one address, and of each array only what an index needs.

Numba hands on an array as seven numbers, and a tuple of arrays as all the numbers of each. With two texts and a
lexicon in hand, a hundred at every call, they took most of the time that compiling takes. A lent tuple has the same
names, and its arrays are indexed the same way, but they are C-contiguous, of one or two dimensions, and an index is
never negative. Nothing counts references to it: it is for parts that run while the kernel holds the arrays.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_getattr, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_builtin, lower_cast, models, register_model, type_callable

_WORD = ir.IntType(64)


class View(types.Type):  # type: ignore[misc]  # numba is untyped
    """An array as it is lent: where it begins, how many rows it has, and how many items a row."""

    def __init__(self, dtype: types.Type, ndim: int) -> None:
        self.dtype, self.ndim = dtype, ndim
        super().__init__(f"View{ndim}({dtype})")


class Lent(types.Type):  # type: ignore[misc]  # numba is untyped
    """The address of a tuple of views, and of such tuples in it."""

    def __init__(self, fields: types.BaseNamedTuple) -> None:
        self.names = fields.fields
        self.views = tuple(map(lent, fields.types))
        super().__init__(f"Lent({fields.instance_class.__name__})")

    @property
    def key(self) -> object:
        """What makes two of them one type."""
        return self.name, self.names, self.views


def lent(type_: types.Type) -> types.Type:
    """The type of a value when it is lent."""
    if isinstance(type_, types.BaseNamedTuple):
        return Lent(type_)
    if isinstance(type_, types.Array) and type_.layout == "C" and type_.ndim <= 2:
        return View(type_.dtype, type_.ndim)
    return type_


@register_model(View)
class _ViewModel(models.StructModel):  # type: ignore[misc]  # numba is untyped
    def __init__(self, manager, view):  # type: ignore[no-untyped-def]  # typed by numba
        members = [("data", types.CPointer(view.dtype)), ("rows", types.int64), ("width", types.int64)]
        super().__init__(manager, view, members)


@register_model(Lent)
class _LentModel(models.PrimitiveModel):  # type: ignore[misc]  # numba is untyped
    def __init__(self, manager, lent):  # type: ignore[no-untyped-def]  # typed by numba
        self.fields = ir.LiteralStructType([_held(manager, view) for view in lent.views])
        super().__init__(manager, lent, self.fields.as_pointer())


def _held(manager, view):  # type: ignore[no-untyped-def]  # typed by numba
    model = manager[view]
    return model.fields if isinstance(view, Lent) else model.get_value_type()


@lower_cast(types.BaseNamedTuple, Lent)
def _lend(context, builder, fields, lent, value):  # type: ignore[no-untyped-def]  # typed by numba
    place = cgutils.alloca_once(builder, context.data_model_manager[lent].fields)
    _write(context, builder, lent, fields, value, place)
    return place


@lower_cast(types.Array, View)
def _view(context, builder, array, view, value):  # type: ignore[no-untyped-def]  # typed by numba
    whole = context.make_array(array)(context, builder, value)
    made = cgutils.create_struct_proxy(view)(context, builder)
    shape = cgutils.unpack_tuple(builder, whole.shape)
    made.data, made.rows, made.width = whole.data, shape[0], shape[-1]
    return made._getvalue()


@intrinsic
def lend(context, fields):  # type: ignore[no-untyped-def]  # typed by numba
    """A named tuple as it is lent to the parts that are called with it, for as long as the function runs."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        return context.cast(builder, arguments[0], fields, signature.return_type)

    return lent(fields)(fields), code


def _write(context, builder, lent, fields, value, place):  # type: ignore[no-untyped-def]  # typed by numba
    for number, (view, type_) in enumerate(zip(lent.views, fields.types, strict=True)):
        field, at = builder.extract_value(value, number), cgutils.gep_inbounds(builder, place, 0, number)
        if isinstance(type_, types.BaseNamedTuple):
            _write(context, builder, view, type_, field, at)
        else:
            builder.store(context.cast(builder, field, type_, view), at)


@infer_getattr
class _LentAttributes(AttributeTemplate):  # type: ignore[misc]  # numba is untyped
    key = Lent

    def generic_resolve(self, lent, name):  # type: ignore[no-untyped-def]  # typed by numba
        return lent.views[lent.names.index(name)] if name in lent.names else None


@lower_getattr_generic(Lent)
def _field(context, builder, lent, value, name):  # type: ignore[no-untyped-def]  # typed by numba
    number = lent.names.index(name)
    at = cgutils.gep_inbounds(builder, value, 0, number)
    return at if isinstance(lent.views[number], Lent) else builder.load(at)


@infer_getattr
class _ViewAttributes(AttributeTemplate):  # type: ignore[misc]  # numba is untyped
    key = View

    def resolve_shape(self, view):  # type: ignore[no-untyped-def]  # typed by numba
        return types.UniTuple(types.int64, view.ndim)


@lower_getattr(View, "shape")
def _shape(context, builder, view, value):  # type: ignore[no-untyped-def]  # typed by numba
    sizes = [builder.extract_value(value, 1 + axis) for axis in range(view.ndim)]
    return context.make_tuple(builder, types.UniTuple(types.int64, view.ndim), sizes)


@intrinsic
def address(context, array):  # type: ignore[no-untyped-def]  # typed by numba
    """Where the first item of an array or view is, as uint64."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        if isinstance(array, View):
            return builder.ptrtoint(builder.extract_value(arguments[0], 0), _WORD)
        return builder.ptrtoint(context.make_array(array)(context, builder, arguments[0]).data, _WORD)

    return types.uint64(array), code


@type_callable(operator.getitem)
def _type_getitem(context):  # type: ignore[no-untyped-def]  # typed by numba
    def typer(view, index):  # type: ignore[no-untyped-def]  # typed by numba
        if isinstance(view, View) and view.ndim == 2 and isinstance(index, types.Integer):
            return View(view.dtype, 1)
        return view.dtype if isinstance(view, View) else None

    return typer


@type_callable(operator.setitem)
def _type_setitem(context):  # type: ignore[no-untyped-def]  # typed by numba
    return lambda view, index, value: types.none if isinstance(view, View) else None


@type_callable(len)
def _type_len(context):  # type: ignore[no-untyped-def]  # typed by numba
    return lambda view: types.intp if isinstance(view, View) else None


@lower_builtin(len, View)
def _len(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
    return builder.extract_value(arguments[0], 1)


@lower_builtin(operator.getitem, View, types.Any)
def _getitem(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
    view, index = signature.args
    at = _address(context, builder, view, index, *arguments)
    if isinstance(signature.return_type, View):
        row = cgutils.create_struct_proxy(signature.return_type)(context, builder)
        row.data, row.rows, row.width = at, builder.extract_value(arguments[0], 2), ir.Constant(_WORD, 1)
        return row._getvalue()
    return context.unpack_value(builder, view.dtype, at)


@lower_builtin(operator.setitem, View, types.Any, types.Any)
def _setitem(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
    view, index, type_ = signature.args
    at = _address(context, builder, view, index, *arguments[:2])
    context.pack_value(builder, view.dtype, context.cast(builder, arguments[2], type_, view.dtype), at)
    return context.get_dummy_value()


def _address(context, builder, view, index, value, place):  # type: ignore[no-untyped-def]  # typed by numba
    parts, kinds = [place], [index]
    if isinstance(index, types.BaseTuple):
        parts, kinds = cgutils.unpack_tuple(builder, place), list(index.types)
    at, *column = [context.cast(builder, part, kind, types.int64) for part, kind in zip(parts, kinds, strict=True)]
    if view.ndim == 2:
        at = builder.mul(at, builder.extract_value(value, 2))
    for more in column:
        at = builder.add(at, more)
    return builder.gep(builder.extract_value(value, 0), [at])
